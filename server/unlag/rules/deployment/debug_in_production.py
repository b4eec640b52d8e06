"""debug-in-production (LAG803): a debug setting is on unless somebody turns it off.

## What it does
Reports `FastAPI(debug=...)`, `Starlette(debug=...)`, `create_engine(echo=...)`, `asyncio.run(..., debug=...)`
and `set_debug` that are on, or that take a setting which is on by default, followed to its definition; and
`PYTHONASYNCIODEBUG` and `PYTHONDEVMODE` in what Dockerfiles, compose files, units and scripts set for
production. Options that a dict display holds and the call takes as `**options` count, and so does
`app.debug = True` beside the statement that makes `app`.

## Why it is slow
`echo=True` writes every statement with its parameters to the log: a SELECT on SQLite took 52 us of CPU
instead of 16. asyncio's debug mode keeps the stack of every task and callback: a `gather` of ten coroutines
took 1.4 ms instead of 0.06. `FastAPI(debug=True)` costs nothing while requests succeed, but one that fails
builds a page of source code for its client: 2.4 ms instead of 0.05, and it shows your code.

## Bad
```python
from fastapi import FastAPI
from sqlalchemy import create_engine

app = FastAPI(debug=True)  # LAG803
engine = create_engine("sqlite:///shop.db", echo=True)  # LAG803
```

`Dockerfile`
```dockerfile
FROM python:3.13-slim
ENV PYTHONASYNCIODEBUG=1  # LAG803
CMD ["fastapi", "run", "app/main.py"]
```

## Good
```python
from fastapi import FastAPI
from pydantic_settings import BaseSettings
from sqlalchemy import create_engine


class Settings(BaseSettings):
    debug: bool = False


settings = Settings()
app = FastAPI(debug=settings.debug)
engine = create_engine("sqlite:///shop.db", echo=settings.debug)
```

`Dockerfile`
```dockerfile
FROM python:3.13-slim
CMD ["fastapi", "run", "app/main.py"]
```

## Not reported
Settings that are off by default, or that a file for production sets; calls under a condition; functions,
files, stages and services named for development, tests and examples; migrations and scripts that are started
by hand; values that cannot be followed, such as those of dicts that are changed or handed on.

## Fix safety
Unsafe: the output that somebody may rely on is gone. Only literal arguments that stand in the call are taken out.

## Sources
Measured with FastAPI 0.165, SQLAlchemy 2.1 and Python 3.11 on two shared cores (tests/bench/server_settings.py).
Python documentation, "Debug Mode" of asyncio.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.deployment._calls import is_guarded, passed, site_of
from unlag.rules.deployment._defaults import Default, default_of
from unlag.rules.deployment._options import Option, in_options, set_behind
from unlag.rules.deployment_view import DeploymentView
from unlag.rules.view import FunctionView
from unlag.source.facts import MAIN_GUARD, Call

SEVERITY = Severity.WARNING
SUBJECT = (Subject.FUNCTION, Subject.DEPLOYMENT)
_ENGINE = "every statement and its parameters go to the log"
_LOOP = "asyncio keeps the stack of every task and callback, and one `gather` can take twenty times as long"
_APPLICATION = "a request that fails builds a page with your source code for the client"
_ARGUMENTS = {
    "fastapi.FastAPI": ("debug", -1, _APPLICATION),
    "fastapi.applications.FastAPI": ("debug", -1, _APPLICATION),
    "starlette.applications.Starlette": ("debug", -1, _APPLICATION),
    "sqlalchemy.create_engine": ("echo", -1, _ENGINE),
    "sqlalchemy.ext.asyncio.create_async_engine": ("echo", -1, _ENGINE),
    "asyncio.run": ("debug", -1, _LOOP),
    "asyncio.Runner": ("debug", -1, _LOOP),
}
"""Callee -> argument, its position if it has one, and what it costs."""
NEEDS = frozenset({*_ARGUMENTS, "set_debug"})
_VARIABLES = frozenset({"PYTHONASYNCIODEBUG", "PYTHONDEVMODE"})


def check(view: FunctionView | DeploymentView) -> Iterator[Finding]:
    """Every debug setting of a function, or of a deployment file."""
    if isinstance(view, FunctionView):
        yield from _in_code(view)
    else:
        yield from _in_files(view)


def _in_code(function: FunctionView) -> Iterator[Finding]:
    for call, callee in function.calls():
        name, position, cost = _ARGUMENTS.get(function.knowledge.canonical(callee), ("", -1, ""))
        if callee.rpartition(".")[2] == "set_debug" and callee.startswith("asyncio."):
            name, position, cost = "enabled", 0, _LOOP
        if not name or is_guarded(function, call) or _is_apart(function):
            continue
        if call.flags & MAIN_GUARD and cost is not _LOOP:
            continue  # made for a trial by hand: what is imported from here is something else
        node = passed(function, call, name, position)
        option = in_options(function, call, name) if node is None else None
        given = option.value if option is not None else node
        found = default_of(function, given, call.line) if given is not None else None
        if found is not None and found.is_on:
            yield _finding(function, call, found, callee, name, cost, option)
        elif cost is not _LOOP and found is None:
            yield from _set_behind(function, call, callee, name, cost)


def _is_apart(function: FunctionView) -> bool:
    """Whether the file is no part of what serves: migrations and scripts."""
    parts = function.index.relative(function.entry.path).split("/")[:-1]
    return not {"migrations", "alembic", "scripts", "versions", "tools"}.isdisjoint(parts)


def _set_behind(
    function: FunctionView, call: Call, callee: str, name: str, cost: str
) -> Iterator[Finding]:
    statement = set_behind(function, call, name)
    if statement is not None:
        short, written = callee.rpartition(".")[2], ast.unparse(statement)
        message = f"`{written}`: {cost}. Leave it out, or take it from a setting."
        yield function.finding(site_of(function, statement), SEVERITY, message, sink=short)


def _finding(
    function: FunctionView,
    call: Call,
    found: Default,
    callee: str,
    name: str,
    cost: str,
    option: Option | None,
) -> Finding:
    short = callee.rpartition(".")[2]
    severity = Severity.INFORMATION if found.is_named else SEVERITY
    on = f"{found.source}, which is on by default" if found.source else f"`{name}=True`"
    if option is not None and option.options and not found.source:
        on += f" from `{option.options}`"
    if name == "enabled":
        on = found.source or "`True`"
    what_to_do = (
        "Turn it off by default." if found.source else "Leave it out, or take it from a setting."
    )
    message = f"`{short}` gets {on}: {cost}. {what_to_do}"
    return function.finding(
        call,
        severity,
        message,
        sink=short,
        fixes=() if option is not None else fixes_of(found, name),
    )


def fixes_of(found: Default, name: str) -> tuple[FixOffer, ...]:
    """Leaving the argument out, where it is a literal that has a name."""
    if found.source or name == "enabled":
        return ()
    return (FixOffer(f"Leave `{name}` out", Safety.UNSAFE, "drop_keywords", (name,)),)


def _in_files(view: DeploymentView) -> Iterator[Finding]:
    if not view.project.is_for_production(view.relative):
        return
    for variable in view.project.variables_in(view.relative):
        if variable.name in _VARIABLES and variable.value.lower() not in ("", "0", "false"):
            message = (
                f"`{variable.name}` is set for production: {_LOOP}. Take it out, or set it in a file for "
                "development."
            )
            yield view.finding(variable.start, variable.end, SEVERITY, message, sink=variable.name)
