"""trivial-sync-endpoint (LAG202): an endpoint goes to a thread for work that takes no time.

## What it does
Reports `def` endpoints whose body is proven to only compute from what it is given: constants,
arithmetic and text of known types, plain objects and Pydantic models, fields of settings.

## Why it is slow
FastAPI runs a `def` endpoint in its pool of 40 threads, and once more to validate what it returns
against a response model. A bare endpoint cost 47 us of CPU as `async def`, 110 us as `def` (2.3
times) and 155 us as `def` with a response model (3.3 times; 2.0 times without one under uvloop). It
also takes one of the 40 tokens that endpoints which do wait need.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
def ping() -> dict[str, str]:  # LAG202
    return {"status": "ok"}
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
async def ping() -> dict[str, str]:
    return {"status": "ok"}
```

## Not reported
Bodies with anything unknown in them: calls that nothing is known of, attributes that can be
properties or lazily loaded columns, truth of unknown objects, loops, `with`, `try`, logging.
Endpoints that return what a dependency gave them, which validation reads on the event loop then.
Functions that other code calls, and methods.

## Fix safety
Unsafe: the body and the validation of its result run on the event loop, context variables set by
`async def` dependencies become visible in it, and code that calls it by hand gets a coroutine.

## Sources
Measured with fastapi 0.165.0 and CPython 3.11.7 on two shared cores; the same absolute costs with
0.128.8. Thread hops were counted with fastapi 0.115.14 and 0.165.0. FastAPI documentation,
"Concurrency and async / await".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.project import thread_hops
from unlag.rules import Subject
from unlag.rules.thread_pool._functions import (
    header,
    is_plain,
    plural,
    proof_of,
    relied_on,
    threaded_routes,
    to_async_offer,
)
from unlag.rules.thread_pool._trivial import Kind
from unlag.rules.view import FunctionView

SEVERITY = Severity.HINT
SUBJECT = Subject.ENDPOINT


def check(function: FunctionView) -> Iterator[Finding]:
    """The function, where it is a trivial `def` endpoint."""
    routes = threaded_routes(function)
    if not routes or not is_plain(function) or _is_wrapped(function):
        return
    proof = proof_of(function, Kind.MADE)
    if proof is None:
        return
    hops = thread_hops.of_endpoint(function.index, routes[0])
    call = "to call it" if hops == 1 else "to call it and to validate what it returns"
    message = (
        f"`{function.name}` only computes, yet every request to it takes {plural(hops, 'thread hop')} "
        f"{call}. Make it an `async def`."
    )
    yield function.finding(
        header(function.entry),
        SEVERITY,
        message,
        trail=relied_on(function, proof),
        fixes=fixes_of(function),
    )


def fixes_of(function: FunctionView) -> tuple[FixOffer, ...]:
    """The same as a coroutine function."""
    return to_async_offer(function)


def _is_wrapped(function: FunctionView) -> bool:
    """Whether a decorator other than the routes' own stands above it."""
    routes = function.index.routes.by_function[function.entry.id]
    return len(function.facts.decorators) > len(routes)
