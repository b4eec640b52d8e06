"""slow-server-stack (LAG804): requests are parsed in Python where compiled code would do it.

## What it does
Reports plain `uvicorn` in requirements files, pyproject.toml and `pip install` in Dockerfiles, where
nothing brings httptools and uvloop; and `--http h11` or `--loop asyncio` in what production starts and in
`uvicorn.run`.

## Why it is slow
uvicorn takes httptools and uvloop where they are installed, and `uvicorn[standard]` installs them. With h11
a request took 283 to 300 us of the server's CPU, with httptools 180 to 203, for a route that does next to
nothing. uvloop made no difference that could be measured with one connection on two shared cores.

## Bad
`requirements.txt`
```text
fastapi==0.165.0
uvicorn==0.54.0  # LAG804
```

`Procfile`
```text
web: uvicorn app.main:app --http h11  # LAG804
```

## Good
`requirements.txt`
```text
fastapi==0.165.0
uvicorn[standard]==0.54.0
```

`Procfile`
```text
web: uvicorn app.main:app
```

## Not reported
Files where `fastapi[standard]`, `uvicorn[standard]`, uvloop, httptools or another server stands as well;
requirements for development, and those that a tool wrote from others; packages for Windows, where there is
no uvloop; options with a comment that says why.

## Fix safety
Unsafe: two more packages are installed, and other code runs: h11 is stricter with malformed requests.

## Sources
Measured with uvicorn 0.54, uvloop 0.23 and httptools 0.9 on Python 3.11 (tests/bench/server_settings.py).
uvicorn documentation, "Installation" and "Settings".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from unlag.deployment.facts import Kind, Package
from unlag.deployment.names import development_word, is_for_development
from unlag.deployment.project import ProductionStart
from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.deployment._calls import is_guarded, said_about
from unlag.rules.deployment_view import DeploymentView
from unlag.rules.view import FunctionView

SEVERITY = Severity.INFORMATION
SUBJECT = (Subject.DEPLOYMENT, Subject.FUNCTION)
NEEDS = frozenset({"uvicorn.run", "uvicorn.main.run", "uvicorn.Config"})
_FAST = frozenset(
    {"uvloop", "httptools", "granian", "hypercorn", "fastapi-cli", "robyn", "nest-asyncio"}
)
_EXTRAS = frozenset({"standard", "all", "standard-no-fastapi-cloud-cli"})
_SLOW = {"--loop": "asyncio", "--http": "h11"}
_SLOW_WORKER = re.compile(r"(?:uvicorn\.workers|uvicorn_worker)\.UvicornH11Worker")
_REASON = re.compile(r"uvloop|httptools|h11|asyncio|event loop", re.IGNORECASE)
_WHY = "h11 parses requests in Python, which took half as much CPU again as httptools"


def check(view: DeploymentView | FunctionView) -> Iterator[Finding]:
    """Slow parts that a file asks for, or that a function starts uvicorn with."""
    if isinstance(view, FunctionView):
        yield from _in_code(view)
    else:
        yield from _asked_for(view)
        for item in view.starts:
            yield from _started(view, item)


def _asked_for(view: DeploymentView) -> Iterator[Finding]:
    packages = _packages(view)
    if view.file.is_generated or development_word(view.relative) or _brings_fast_parts(packages):
        return
    if view.file.kind is Kind.REQUIREMENTS and _have_fast_parts_beside(view):
        return
    for package in packages:
        if package.name == "uvicorn" and "win" not in package.marker.lower():
            message = (
                f"Plain `uvicorn` comes without httptools and uvloop: {_WHY}. Ask for "
                "`uvicorn[standard]`."
            )
            yield view.finding(
                package.start, package.end, SEVERITY, message, sink="uvicorn", fixes=fixes_of()
            )


def fixes_of() -> tuple[FixOffer, ...]:
    """The extra that brings the compiled parts."""
    return (FixOffer("Ask for `uvicorn[standard]`", Safety.UNSAFE, "uvicorn_standard"),)


def _packages(view: DeploymentView) -> list[Package]:
    """What a file asks for outside of groups for development."""
    found = [*view.file.packages]
    if view.project.is_for_production(view.relative):
        found += [package for stage in view.file.stages for package in stage.packages]
    return [package for package in found if not is_for_development(package.group)]


def _brings_fast_parts(packages: Iterable[Package]) -> bool:
    return any(
        package.name in _FAST
        or (package.name in ("uvicorn", "fastapi") and not _EXTRAS.isdisjoint(package.extras))
        for package in packages
    )


def _have_fast_parts_beside(view: DeploymentView) -> bool:
    """Whether another requirements file of the same folder brings them: one includes the other."""
    folder = view.relative.rpartition("/")[0]
    return any(
        _brings_fast_parts(file.packages)
        for path, file in view.project.files.items()
        if file.kind is Kind.REQUIREMENTS
        and path.rpartition("/")[0] == folder
        and not development_word(path)
    )


def _started(view: DeploymentView, item: ProductionStart) -> Iterator[Finding]:
    start = item.start
    slow = [
        (option, word)
        for option, value in _SLOW.items()
        if (word := start.value(option)) is not None and word.text in (value, f"{option}={value}")
    ]
    worker = start.value("-k", "--worker-class")
    sink = start.program
    fixes: tuple[FixOffer, ...] = ()
    if start.program == "uvicorn" and slow:
        chosen = " and ".join(f"`{option} {_SLOW[option]}`" for option, _ in slow)
        options = tuple(f"{option}=" for option, _ in slow)
        fixes = (FixOffer(f"Drop {chosen}", Safety.UNSAFE, "drop_arguments", options),)
        first = min((word for _, word in slow), key=lambda word: word.start)
        place = next((w for w in start.words if w.start == first.start), first)
        turn, them = ("turns", "it") if len(slow) == 1 else ("turn", "them")
        message = f"{chosen} in {item.where} {turn} off what `uvicorn[standard]` brings: {_cost(slow)}. Drop {them}."
    elif start.program == "gunicorn" and worker and _SLOW_WORKER.search(worker.text):
        place = worker
        message = (
            f"`UvicornH11Worker` in {item.where} is uvicorn with asyncio and h11: {_WHY}. Use "
            "`uvicorn_worker.UvicornWorker`."
        )
    else:
        return
    if not _is_explained(view, place.start):
        yield view.finding(place.start, place.end, SEVERITY, message, sink=sink, fixes=fixes)


def _cost(slow: Iterable[tuple[str, object]]) -> str:
    has_parser = any(option == "--http" for option, _ in slow)
    return _WHY if has_parser else "asyncio's own loop runs though uvloop can be installed"


def _is_explained(view: DeploymentView, offset: int) -> bool:
    line = view.file.line(offset)
    near = (comment for comment in view.file.comments if line - 2 <= comment.line <= line)
    return any(_REASON.search(comment.text) for comment in near)


def _in_code(function: FunctionView) -> Iterator[Finding]:
    for call, callee in function.calls():
        if callee not in NEEDS:
            continue
        slow = [
            name
            for name, value in (("loop", "'asyncio"), ("http", "'h11"))
            if call.keyword(name) == value
        ]
        if not slow or is_guarded(function, call) or _REASON.search(said_about(function, call)):
            continue
        chosen = " and ".join(f"`{name}`" for name in slow)
        message = (
            f"`{callee}` is told its {chosen}, which turns off what `uvicorn[standard]` brings: "
            f"{_cost([(f'--{name}', None) for name in slow])}. Leave it to uvicorn."
        )
        title = f"Leave {chosen} out"
        fixes = (FixOffer(title, Safety.UNSAFE, "drop_keywords", tuple(slow)),)
        yield function.finding(call, SEVERITY, message, sink="uvicorn", fixes=fixes)
