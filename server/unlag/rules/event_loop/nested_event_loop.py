"""nested-event-loop (LAG105): a coroutine starts an event loop, which Python refuses.

## What it does
Reports `asyncio.run`, `run_until_complete`, `anyio.run`, `async_to_sync` and their like where a
coroutine on the event loop calls them, itself or through plain functions.

## Why it is slow
It does not even run: a thread has one running event loop, so the call raises RuntimeError
("asyncio.run() cannot be called from a running event loop"), and the coroutine it was given is
never awaited. The same helper works in a script and in a `def` endpoint, which is why tests do not
show it.

## Bad
```python
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def load() -> str:
    return "ready"


def load_now() -> str:
    return asyncio.run(load())


@app.get("/direct")
async def direct() -> str:
    return asyncio.run(load())  # LAG105


@app.get("/helper")
async def through_helper() -> str:
    return load_now()  # LAG105
```

## Good
```python
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def load() -> str:
    return "ready"


def load_now() -> str:
    return asyncio.run(load())


@app.get("/direct")
async def direct() -> str:
    return await load()


@app.get("/thread")
def in_a_thread() -> str:
    return load_now()
```

## Not reported
`def` endpoints and functions handed to a thread, where no loop runs; scripts, command lines and tests;
helpers that look first whether a loop runs (`get_running_loop`, `is_running`), and calls in an
`except` clause; ways that run once, ways through one of eight or more implementations of an interface of
which fewer than a quarter start a loop, and ways of more than six steps, where a step in a branch
counts for three; everything in projects that use `nest_asyncio`, which allows it.

## Fix safety
Awaiting what stands in the call is safe: before, it raised. A helper is run in a thread, or its
endpoint becomes a `def`: both are unsafe, since the coroutine then runs in another loop, where
connections and locks of this one must not be used.

## Sources
Python documentation, `asyncio.run`; `asyncio.runners` of CPython 3.11.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity, Step
from unlag.project.links import Hazard
from unlag.rules import Subject
from unlag.rules.event_loop._alternatives import is_one_of_many
from unlag.rules.event_loop._boundaries import (
    Boundary,
    boundaries,
    direct,
    helper,
    offers,
    plain_remedy,
    remedy,
    way,
    written,
)
from unlag.rules.view import FunctionView
from unlag.source import facts

SEVERITY = Severity.ERROR
SUBJECT = (Subject.ON_LOOP, Subject.PLAIN_ON_LOOP)

_ASKS = frozenset({"get_running_loop", "_get_running_loop", "is_running", "current_async_library"})
_ASKS_IN_COROUTINES = frozenset({"is_running", "current_async_library"})
"""Inside a coroutine a loop always runs: there `get_running_loop` is a way to the loop, no question."""
_ALLOWING = frozenset({"nest_asyncio", "nest_asyncio2"})
_WRITABLE = (
    "asyncio.run",
    "asyncio.AbstractEventLoop.run_until_complete",
    "anyio.run",
    "asgiref.sync.async_to_sync",
)


def check(function: FunctionView) -> Iterator[Finding]:
    """Every event loop that a coroutine on the loop starts."""
    if _ALLOWING & function.knowledge.mentioned:
        return
    is_async = function.facts.is_async
    cure = "Await the coroutine itself." if is_async else plain_remedy(function)
    for hazard in direct(function, "loop", accepts=is_unguarded):
        yield function.finding(
            hazard,
            SEVERITY,
            f"`{written(function, hazard)}` raises RuntimeError here: the event loop that runs this "
            f"{'coroutine' if is_async else 'function'} is running already. {cure}",
            sink=hazard.name,
            trail=(function.step(hazard, hazard.name),),
            fixes=fixes_of(hazard) if is_async else (),
        )
    for boundary in boundaries(function, "loop", accepts=is_unguarded):
        if boundary.edge.flags & facts.IN_EXCEPT or not boundary.is_near:
            continue
        if any(_looks_first(function, _holder(step)) for step in boundary.trail[1:]):
            continue
        if is_one_of_many(function, boundary, is_unguarded):
            continue
        yield function.finding(
            boundary.edge,
            SEVERITY,
            _message(function, boundary),
            sink=boundary.hazard.name,
            trail=boundary.trail,
            fixes=offers(function, boundary.edge),
        )


def fixes_of(hazard: Hazard) -> tuple[FixOffer, ...]:
    """Awaiting what the call was given."""
    if hazard.name not in _WRITABLE:
        return ()
    title = "Await the coroutine instead of starting an event loop for it"
    return (FixOffer(title, Safety.SAFE, "await_instead_of_run", ()),)


def is_unguarded(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Whether nothing in the function that holds the call looks whether a loop runs."""
    if hazard.flags & (facts.IN_EXCEPT | facts.MAIN_GUARD):
        return False
    known = function.known(hazard.name, "new-loop")
    if known is not None and known.form == "wrap" and not hazard.flags & facts.CONSUMED:
        return False  # it only gives a function that starts one
    return not _looks_first(function, function_id)


def _looks_first(function: FunctionView, function_id: str) -> bool:
    """Whether a function asks if a loop runs."""
    entry = function.index.function(function_id)
    if entry is None:
        return True
    asks = _ASKS_IN_COROUTINES if entry.facts.is_async else _ASKS
    return any(call.target.rpartition(".")[2] in asks for call in entry.facts.calls)


def _holder(step: Step) -> str:
    return f"{step.path}:{step.function}"


def _message(function: FunctionView, boundary: Boundary) -> str:
    name = helper(boundary.edge)
    return (
        f"`{name}` starts an event loop while one is running, which raises RuntimeError: "
        f"{way(boundary)}. {remedy(function, name, boundary.edge.through)}"
    )
