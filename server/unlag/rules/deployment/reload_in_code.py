"""reload-in-code (LAG802): the code itself starts uvicorn with its reloader.

## What it does
Reports `uvicorn.run(..., reload=True)`, and `reload=` with a setting or variable that is on unless
somebody turns it off, followed to its definition, or in a dict display that the call takes as
`**options`. It is a warning where a deployment file starts that
code, and in a `__main__.py` that listens on more than this machine. Elsewhere it is information: nothing in
the project says that production starts this way.

## Why it is slow
With `reload` uvicorn is a parent that watches files and one child that serves; `workers` is ignored, so
one core serves everything. Watching 2000 files took 0.33 % of a core at rest with watchfiles, and 15.8 %
without it. A request itself costs the same.

## Bad
`app/main.py`
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()

if __name__ == "__main__":
    uvicorn.run("app.main:app", host="0.0.0.0", reload=True)  # LAG802
```

`Dockerfile`
```dockerfile
FROM python:3.13-slim
COPY . .
CMD ["python", "app/main.py"]
```

## Good
```python
import uvicorn
from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    reload: bool = False


settings = Settings()
app = FastAPI()

if __name__ == "__main__":
    uvicorn.run("app.main:app", host="0.0.0.0", reload=settings.reload)
```

## Not reported
Calls under a condition other than `if __name__ == "__main__"`; functions and files named for
development, tests and examples, and those whose comments or docstring say so; settings that are off by
default, or that a Dockerfile or another file for production sets; values that cannot be followed, such as
arguments of the command line.

## Fix safety
Unsafe: whoever starts the file to develop with it has to ask for reloading then, as in
`uvicorn app.main:app --reload`.

## Sources
Measured with uvicorn 0.54 on two shared cores. uvicorn documentation, "Settings".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.deployment._calls import is_guarded, passed, said_about
from unlag.rules.deployment._defaults import Default, default_of
from unlag.rules.deployment._options import Option, in_options
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.FUNCTION
NEEDS = frozenset({"uvicorn.run", "uvicorn.main.run"})
_RELOAD = ("reload", "reload_dirs", "reload_includes", "reload_excludes", "reload_delay")
_FOR_DEVELOPMENT = re.compile(
    r"--reload|\b(?:dev|development|debugging|local(?:ly)?|hot[- ]?reload)\b", re.IGNORECASE
)
_LOCAL = frozenset({"'127.0.0.1", "'localhost", "'::1"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every start of uvicorn that reloads unless told otherwise."""
    for call, callee in function.calls():
        if callee in NEEDS and not is_guarded(function, call):
            node = passed(function, call, "reload")
            option = in_options(function, call, "reload") if node is None else None
            given = option.value if option is not None else node
            found = default_of(function, given, call.line) if given is not None else None
            is_meant = _FOR_DEVELOPMENT.search(said_about(function, call))
            if found is not None and found.is_on and not is_meant:
                yield _finding(function, call, found, option)


def _finding(function: FunctionView, call: Call, found: Default, option: Option | None) -> Finding:
    severity, where = _judged(function, call)
    on = "" if not found.source else f", as {found.source} is by default"
    if option is not None and option.options and not found.source:
        on = f", as `{option.options}` says"
    if found.is_named:
        severity = Severity.INFORMATION
    message = (
        f"`uvicorn.run` reloads{on}: whoever starts this code gets a process that watches every file and "
        f"one that serves{where}. Leave `reload` out, or take it from a setting that is off by default."
    )
    return function.finding(
        call,
        severity,
        message,
        sink="uvicorn.run",
        fixes=() if option is not None else fixes_of(found),
    )


def fixes_of(found: Default) -> tuple[FixOffer, ...]:
    """Leaving the argument out, where it is a literal."""
    if found.source:
        return ()
    return (FixOffer("Leave `reload` out", Safety.UNSAFE, "drop_keywords", _RELOAD),)


def _judged(function: FunctionView, call: Call) -> tuple[Severity, str]:
    """How bad it is, and what the deployment files say of it."""
    about = function.index.deployment(function.entry.path).about_code
    if any(_is_started(function, script) for script in about.scripts):
        return SEVERITY, "; deployment starts it this way"
    if _is_local(function, call):
        return Severity.INFORMATION, ", here for this machine only"
    if function.entry.path.endswith("/__main__.py"):
        return SEVERITY, ""
    if about.has_server:
        return Severity.INFORMATION, ", though deployment starts a server of its own"
    return Severity.INFORMATION, ""


def _is_local(function: FunctionView, call: Call) -> bool:
    """Whether nothing but this machine can reach the server."""
    host = call.argument(1, "host")
    option = in_options(function, call, "host") if host is None else None
    if option is not None:
        value = getattr(option.value, "value", None)
        return isinstance(value, str) and f"'{value}" in _LOCAL
    return host is None or host in _LOCAL


def _is_started(function: FunctionView, script: str) -> bool:
    """Whether `python script` or `python -m script` runs the file the function stands in."""
    path = function.index.relative(function.entry.path)
    if script.endswith(".py"):
        return path == script or path.endswith("/" + posixpath.normpath(script).lstrip("./"))
    module = path.removesuffix(".py").removesuffix("/__main__").replace("/", ".")
    return module == script or module.endswith(f".{script}")
