"""unbounded-gather (LAG110): as many requests at once as somebody sends items.

## What it does
Reports `asyncio.gather` and tasks made in a loop where each asks another service, over a
collection that nothing shows to be small, with no semaphore or limiter in sight.

## Why it is slow
Everything starts at the same time: the other service gets all requests in one burst, connection
pools run out and time out, and every task costs memory. 50,000 tasks of a trivial coroutine took
71 MB.

## Bad
```python
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


async def level(key: int) -> int:
    return (await client.get(f"https://stock.example/{key}")).json()


@app.post("/stock")
async def stock(keys: list[int]) -> list[int]:
    return await asyncio.gather(*(level(key) for key in keys))  # LAG110
```

## Good
```python
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
few = asyncio.Semaphore(10)


async def level(key: int) -> int:
    async with few:
        return (await client.get(f"https://stock.example/{key}")).json()


@app.post("/stock")
async def stock(keys: list[int]) -> list[int]:
    return await asyncio.gather(*(level(key) for key in keys))
```

## Not reported
Literals, constants, enumerations, ranges, slices and chunks; lists of which a client can send 100 items at most
(`Field(max_length=100)` of the body's model, `Query(max_length=...)`); collections that the program itself
sets up, such as attributes, settings, handlers, plugins, nodes and targets, and what is chosen among them;
results of calls with a `limit`;
coroutines that take a semaphore, limiter or lock, or whose work nobody can know; work handed to
threads, which the thread pool bounds; messages to websockets; tasks after which the loop ends, or that
the loop waits for before it starts the next one; tasks whose gather is reported already;
tasks that two branches, one within the other, start for items
of one kind. Information only where the items are neither given to the function nor rows of a query: the answer
of another service, or what another function returns, is usually short, also where every caller hands over such a list;
and where a function starts itself for the branches of a tree.

## Fix safety
Unsafe: a semaphore lets ten run at a time. Order and results stay; ten is a guess that you should
replace.

## Sources
Measured with CPython 3.11.7 on two shared cores. Python documentation, `asyncio.Semaphore`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.values import External, Function
from unlag.rules import Subject
from unlag.rules.bounded_lists import has_few_items
from unlag.rules.event_loop._given_items import are_given
from unlag.rules.event_loop._loops import (
    filtered_from,
    in_words,
    is_open_ended,
    iterable_of,
    starts_many,
)
from unlag.rules.event_loop._traffic import takes_limiter, traffic_of
from unlag.rules.view import FunctionView, as_written
from unlag.source import facts
from unlag.source.facts import Call, is_inside
from unlag.source.paths import root

SEVERITY = Severity.WARNING
SUBJECT = Subject.ON_LOOP

_STARTS = frozenset(
    {
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.TaskGroup.create_task",
    }
)
NEEDS = _STARTS | {"asyncio.gather"}
_FEW = 100
"""Items that a client may send, and that may start at once."""
_POOLED = ("asyncpg.Pool.", "sqlalchemy.", "psycopg_pool.")
"""A pool bounds them, or they must not run at once: another rule's business."""
_TOLD = ("starlette.websockets.", "websockets.")
"""Clients that are told something: nobody has to answer."""
_SET_UP = frozenset(
    {"self", "cls", "settings", "config", "app", "registry", "callbacks", "handlers", "listeners",
     "plugins", "providers", "tools", "hooks", "backends", "middlewares", "services", "clients",
     "workers", "attachments", "tasks", "coroutines", "coros", "futures", "awaitables", "agents", "servers",
     "nodes", "peers", "replicas", "webhooks", "targets", "branches"}
)  # fmt: skip


class _Work(msgspec.Struct, frozen=True):
    """What runs once for each item."""

    call: Call
    callee: str
    name: str
    """The callee as the code names it."""
    iterable: str
    """The path of what gives the items; empty where that is not known."""


def check(function: FunctionView) -> Iterator[Finding]:
    """Every gather, and every task in a loop, that nothing bounds."""
    started: list[tuple[Call, str, _Work]] = []
    gathered: list[Call] = []
    for call, callee in function.calls():
        if not callee or ":" in callee:
            continue
        name = function.knowledge.canonical(callee)
        if name == "asyncio.gather":
            work = _gathered(function, call)
            if work is not None and _is_unbounded(function, work):
                gathered.append(work.call)
                yield _finding(function, call, name, work)
        elif name in _STARTS and call.flags & facts.IN_LOOP and starts_many(function, call):
            work = _inside(function, call)
            if work is not None:
                started.append((call, name, work))
    for call, name, work in started:
        if work.call not in gathered and _is_unbounded(function, work):
            yield _finding(function, call, name, work)


def fixes_of(call: Call) -> tuple[FixOffer, ...]:
    """A semaphore around what is gathered."""
    if not call.target.endswith("gather"):
        return ()
    title = "Let ten of them run at a time, with an `asyncio.Semaphore`"
    return (FixOffer(title, Safety.UNSAFE, "bound_gather", ("10",)),)


def _gathered(function: FunctionView, gather: Call) -> _Work | None:
    """What a gather is given once for each item: by a loop, or by `map`."""
    starred = [argument[1:] for argument in gather.arguments if argument[0] == "*"]
    if len(starred) != 1 or starred[0].startswith("*"):
        return None
    variable = starred[0] if starred[0].isidentifier() else ""
    for call, callee in function.calls():
        if not callee or call.flags & facts.AWAITED or _is_start(function, callee):
            continue
        in_place = gather.line <= call.line <= gather.end_line and not variable
        if in_place and callee == "map" and len(call.arguments) == 2:
            return _mapped(function, call)
        is_before = variable and call.line < gather.line
        if call.flags & facts.IN_LOOP and (
            in_place
            or (is_before and _fills(function, variable, call) and starts_many(function, call))
        ):
            return _looped(function, call, callee)
    return None


def _looped(function: FunctionView, call: Call, callee: str) -> _Work:
    return _Work(call, callee, as_written(call), iterable_of(function, call))


def _mapped(function: FunctionView, call: Call) -> _Work | None:
    """`map(fetch, ids)` as a loop over `ids`."""
    name, iterable = call.arguments
    value = function.resolve(name, call.line)
    if isinstance(value, Function):
        return _Work(call, value.id, name, iterable)
    return _Work(call, value.name, name, iterable) if isinstance(value, External) else None


def _fills(function: FunctionView, variable: str, call: Call) -> bool:
    """Whether what `call` gives is put into `variable`."""
    made = f"{call.target}("
    for binding in function.facts.bindings:
        if binding.name == variable and made.replace(".", "/") in binding.path:
            return True
    return any(
        other.target == f"{variable}.append"
        and is_inside(call, other)
        and any(made in item for item in other.arguments)
        for other in function.facts.calls
    )


def _inside(function: FunctionView, start: Call) -> _Work | None:
    """The call whose coroutine a task is made of."""
    for call, callee in function.calls():
        is_argument = call.flags & facts.ARGUMENT and (call.line, call.column) > (
            start.line,
            start.column,
        )
        if is_argument and call.line <= start.end_line and callee:
            return _looped(function, call, callee)
    return None


def _is_start(function: FunctionView, callee: str) -> bool:
    return function.knowledge.canonical(callee) in _STARTS


def _is_unbounded(function: FunctionView, work: _Work) -> bool:
    """Whether there can be many items and each of them asks a service."""
    if not is_open_ended(function, work.iterable, work.call.line):
        return False
    if _is_set_up(work.iterable) or _is_set_up(
        filtered_from(function, work.iterable, work.call.line)
    ):
        return False
    if takes_limiter(function, function.entry.id):
        return False
    if has_few_items(function.index, function.entry.id, work.iterable, work.call.line, _FEW):
        return False
    traffic = traffic_of(function, work.callee)
    asks = [name for name in traffic.names if not name.startswith((*_POOLED, *_TOLD))]
    return traffic.is_network and bool(asks) and not traffic.is_limited


def _is_set_up(iterable: str) -> bool:
    named = iterable.removesuffix("()")
    for ending in (".items", ".values", ".keys"):
        named = named.removesuffix(ending)
    last = named.rpartition(".")[2].strip("_").lower()
    word = last.rpartition("_")[2]
    return root(iterable) in _SET_UP or word in _SET_UP or root(iterable).isupper()


def _finding(function: FunctionView, call: Call, name: str, work: _Work) -> Finding:
    message = (
        f"`{call.target}` starts `{work.name}` for every item {in_words(work.iterable)} at once. "
        "Bound it with an `asyncio.Semaphore`."
    )
    goes_deeper = work.callee == function.entry.id  # the branches of a tree, and not a list
    is_growing = not goes_deeper and are_given(function, work.iterable, work.call.line)
    return function.finding(
        call,
        SEVERITY if is_growing else Severity.INFORMATION,
        message,
        sink=name,
        trail=(function.step(work.call, work.name),),
        fixes=fixes_of(call),
    )
