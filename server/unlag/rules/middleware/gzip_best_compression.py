"""gzip-best-compression (LAG402): GZipMiddleware compresses at level 9, where 5 gives nearly the same size.

## What it does
Reports `GZipMiddleware` that is added without `compresslevel`, which is then 9.

## Why it is slow
168 KB take 9.4 to 9.8 ms of CPU at level 9, 1.4 to 1.9 at level 6, 1.2 at level 5 and 0.5 at level 1; the results have
20.4, 20.8, 20.9 and 23.4 KB. Up to Starlette 1.3.1 all of it happens on the event loop; from 1.4 on bodies of
128 KiB and more are compressed in a thread.

## Bad
```python
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size=1000)  # LAG402
```

## Good
```python
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
```

## Not reported
Any level that is written down, 9 included; arguments that are handed on (`**options`); other compressing middleware.

## Fix safety
Unsafe: the compressed bytes differ, and are 2 to 5 % more.

## Sources
Starlette documentation, "GZipMiddleware"; measured with Python 3.11.7 and zlib.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.values import External, each
from unlag.rules import Subject
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.FUNCTION
_NAMES = frozenset(
    {"starlette.middleware.gzip.GZipMiddleware", "fastapi.middleware.gzip.GZipMiddleware"}
)
NEEDS = _NAMES | {"add_middleware", "Middleware"}


def check(function: FunctionView) -> Iterator[Finding]:
    """Every place that adds the middleware and leaves its level open."""
    for call, callee in function.calls():
        if call.target.endswith(("add_middleware", "Middleware")) and _adds(function, call, callee):
            if call.keyword("compresslevel") is None and not _hands_on(call):
                yield _finding(function, call)


def fixes_of() -> tuple[FixOffer, ...]:
    """A lower level."""
    title = "Compress at level 5, which gives 2 to 5 % more bytes"
    return (FixOffer(title, Safety.UNSAFE, "compress_level"),)


def _adds(function: FunctionView, call: Call, callee: str) -> bool:
    """Whether the call puts the middleware around an application."""
    if callee in _NAMES:
        return True
    given = call.argument(0, "middleware_class") or call.keyword("cls")
    if not given:
        return False
    values = each(function.resolve(given, call.line))
    return any(isinstance(item, External) and item.name in _NAMES for item in values)


def _hands_on(call: Call) -> bool:
    return len(call.positional()) > 2 or any(
        argument.startswith("*") for argument in call.arguments
    )


def _finding(function: FunctionView, call: Call) -> Finding:
    message = (
        "`GZipMiddleware` compresses at level 9 here, on the event loop (from Starlette 1.4 on, bodies of 128 KiB "
        "and more in a thread): 168 KB take 9.6 ms of CPU. `compresslevel=5` takes 1.2 ms and gives 2 to 5 % more "
        "bytes."
    )
    return function.finding(call, SEVERITY, message, sink="GZipMiddleware", fixes=fixes_of())
