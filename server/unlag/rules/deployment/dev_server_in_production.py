"""dev-server-in-production (LAG801): production starts a server that is made for development.

## What it does
Reports `fastapi dev`, the `--reload` of uvicorn, `fastapi run`, gunicorn, hypercorn and granian, and
the `--debug` of `flask run` and `quart run`, in what Dockerfiles, compose files, Procfiles, systemd units
and their shell scripts start in production.

## Why it is slow
A reloading server is two processes: one watches the files, the other serves. uvicorn never runs more
than that one, so `--workers` is ignored and one core serves everything. Watching 2000 files took 0.33 %
of a core at rest with watchfiles, and 15.8 % without it, where uvicorn asks for every file's time again
and again. A request itself costs the same.

## Bad
`Dockerfile`
```dockerfile
FROM python:3.13-slim
COPY . .
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--reload"]  # LAG801
```

`compose.yaml`
```yaml
services:
  web:
    build: .
    command: fastapi dev app/main.py --host 0.0.0.0  # LAG801
```

## Good
`Dockerfile`
```dockerfile
FROM python:3.13-slim
COPY . .
CMD ["fastapi", "run", "app/main.py", "--workers", "4"]
```

`compose.override.yaml`
```yaml
services:
  web:
    command: fastapi dev app/main.py --host 0.0.0.0
    volumes:
      - .:/srv
```

## Not reported
What is for development: files, folders, stages, services and targets with such a name (`dev`, `local`,
`override`, `test`, `example`, ...), a file with a twin for production beside it, services that mount the
source or set `DEBUG=1` or `APP_ENV=dev`, images that do or that only such services are made of, and
commands below a comment that says so.
Commands under a condition, such as in `if` or `case`, unless it says production, as the `else` of
`[ "$APP_ENV" = dev ]` does; those with `--reload` in a variable. Scripts that nothing in production runs,
unless they are named for it. Makefiles, READMEs and editor settings.

## Fix safety
Safe where an option is dropped, and where `fastapi dev` has a `--host`: the application is served as
before. Unsafe where it has none: `fastapi run` listens on every address, `fastapi dev` on 127.0.0.1.
Unsafe for Flask, whose errors have another page without `--debug`.

## Sources
Measured with uvicorn 0.54 and FastAPI 0.165 on two shared cores. uvicorn documentation, "Settings";
FastAPI documentation, "FastAPI CLI".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.deployment.facts import Word
from unlag.deployment.project import ProductionStart
from unlag.deployment.servers import FLASK_LIKE, SERVERS
from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.deployment_view import DeploymentView

SEVERITY = Severity.WARNING
SUBJECT = Subject.DEPLOYMENT
_RELOAD = (
    "--reload", "--reload-dir=", "--reload-include=", "--reload-exclude=", "--reload-delay=",
    "--reload-engine=", "--reload-extra-file=",
)  # fmt: skip
_DEBUG = ("--debug", "--reload")
_ONE_PROCESS = ("uvicorn", "fastapi")


def check(view: DeploymentView) -> Iterator[Finding]:
    """One finding for each server that production starts in its development form."""
    seen: set[int] = set()
    for item in view.starts:
        start = item.start
        mode = start.words[1] if len(start.words) > 1 else None
        word = start.flag("--reload") if start.program in SERVERS else None
        if start.program == "fastapi" and mode is not None and mode.text == "dev":
            if start.flag("--no-reload") is None:
                word = mode
        if start.program in FLASK_LIKE and start.flag("run") is not None:
            word = start.flag(*_DEBUG)
        if word is not None and word.start not in seen:
            seen.add(word.start)
            yield _finding(view, item, word)


def _finding(view: DeploymentView, item: ProductionStart, word: Word) -> Finding:
    program = item.start.program
    sink = f"{program} {word.text}"
    workers = item.start.value("--workers", "-w")
    if program in FLASK_LIKE:
        why = "it watches every file, and in debug mode lets clients run code"
    elif program not in _ONE_PROCESS:
        why = "it watches every file and restarts the workers when one changes"
    elif workers is not None:
        why = "it watches every file and ignores `--workers`"
    else:
        why = "it watches every file and serves with one process only"
    what_to_do = "Use `fastapi run`." if word.text == "dev" else f"Drop `{word.text}`."
    message = f"`{sink}` is for development, but {item.where} starts it: {why}. {what_to_do}"
    return view.finding(
        word.start, word.end, SEVERITY, message, sink=sink, fixes=fixes_of(item, word)
    )


def fixes_of(item: ProductionStart, word: Word) -> tuple[FixOffer, ...]:
    """The server's production form."""
    if item.start.program in FLASK_LIKE:
        return (FixOffer(f"Drop `{word.text}`", Safety.UNSAFE, "drop_arguments", _DEBUG),)
    if word.text != "dev":
        return (FixOffer("Drop `--reload`", Safety.SAFE, "drop_arguments", _RELOAD),)
    if item.start.value("--host") is not None:
        return (FixOffer("Use `fastapi run`", Safety.SAFE, "fastapi_run"),)
    title = "Use `fastapi run`, which listens on 0.0.0.0"
    return (FixOffer(title, Safety.UNSAFE, "fastapi_run"),)
