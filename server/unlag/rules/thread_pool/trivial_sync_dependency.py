"""trivial-sync-dependency (LAG203): a dependency goes to a thread for work that takes no time.

## What it does
Reports `def` dependencies whose body is proven to only compute from what it is given, such as one
that puts a session into a repository, with the number of endpoints that pay for it.

## Why it is slow
FastAPI runs every `def` dependency of a request in its pool of 40 threads. One cost 77 us of CPU a
request (61 us under uvloop), as `async def` 16 us; three cost 195 us and 32 us. With other `def` dependencies
in flight it also waits for one of the 40 tokens.

## Bad
```python
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


class Basket:
    def __init__(self, owner: str) -> None:
        self.owner = owner


def get_basket(owner: str) -> Basket:  # LAG203
    return Basket(owner)


@app.get("/basket")
async def basket(mine: Annotated[Basket, Depends(get_basket)]) -> str:
    return mine.owner
```

## Good
```python
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


class Basket:
    def __init__(self, owner: str) -> None:
        self.owner = owner


async def get_basket(owner: str) -> Basket:
    return Basket(owner)


@app.get("/basket")
async def basket(mine: Annotated[Basket, Depends(get_basket)]) -> str:
    return mine.owner
```

## Not reported
Bodies with anything unknown in them: calls that nothing is known of, attributes that can be
properties or lazily loaded columns, truth of unknown objects, loops, `with`, `try`, logging.
Decorated functions such as `@lru_cache`, generators, methods, and functions that other code calls.

## Fix safety
Unsafe: context variables set in it become visible in the endpoint, and code that calls it by hand
gets a coroutine.

## Sources
Measured with fastapi 0.165.0 and CPython 3.11.7 on two shared cores; the same absolute costs with
0.128.8. FastAPI documentation, "Dependencies", and "Concurrency and async / await".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.rules import Subject
from unlag.rules.thread_pool._functions import (
    header,
    is_plain,
    is_threaded_dependency,
    plural,
    proof_of,
    relied_on,
    to_async_offer,
)
from unlag.rules.thread_pool._trivial import Kind
from unlag.rules.view import FunctionView

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.REQUEST


def check(function: FunctionView) -> Iterator[Finding]:
    """The function, where it is a trivial `def` dependency."""
    if function.facts.decorators or not is_threaded_dependency(function) or not is_plain(function):
        return
    proof = proof_of(function, Kind.OPAQUE)
    if proof is None:
        return
    endpoints = len([point for point in function.entry_points() if point.method])
    paid = f" for each request to {plural(endpoints, 'endpoint')}" if endpoints else ""
    message = (
        f"`{function.name}` only computes, yet FastAPI calls it in a thread{paid}. "
        "Make it an `async def`."
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
