"""small-default-executor (LAG208): requests wait for the loop's own small pool of threads.

## What it does
Reports `asyncio.to_thread` and `run_in_executor(None, ...)` on the way of requests, in projects that
offload that way in at least three places and more often than through `run_in_threadpool` or AnyIO. Says so
once a project, at the first of these places: it is the executor that wants changing.

## Why it is slow
Both use the event loop's default executor, which has `min(32, CPUs + 4)` threads: 6 on two cores.
`run_in_threadpool` uses the 40 tokens of FastAPI's own pool, which can be raised. Forty calls of 0.2 s
took 1.41 s through `asyncio.to_thread` and 0.23 s through `run_in_threadpool` on two cores.

## Bad
```python
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/all")
async def everything() -> None:
    await asyncio.to_thread(time.sleep, 1)  # LAG208
    await asyncio.to_thread(time.sleep, 2)
    await asyncio.to_thread(time.sleep, 3)
    await asyncio.to_thread(time.sleep, 4)
    await asyncio.to_thread(time.sleep, 5)
```

## Good
```python
import time

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


@app.get("/all")
async def everything() -> None:
    await run_in_threadpool(time.sleep, 1)
```

## Not reported
Projects that set a default executor, that offload in few places, or mostly in another way; executors
of the project's own; scripts, start-up code and tests.

## Fix safety
Unsafe: the work shares its 40 threads with every `def` endpoint from then on. A small pool of its own can
be wanted, to keep one kind of work from taking all threads.

## Sources
Measured with CPython 3.11.7 and AnyIO 4.16.0 on two cores. Python documentation,
`loop.run_in_executor` and `ThreadPoolExecutor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules import Subject
from unlag.rules.view import FunctionView
from unlag.source.facts import Call, FunctionFacts

SEVERITY = Severity.HINT
SUBJECT = Subject.REQUEST

_ENOUGH = 3
_TO_THREAD = "asyncio.to_thread"
_IN_EXECUTOR = "asyncio.AbstractEventLoop.run_in_executor"
NEEDS = frozenset({_TO_THREAD, _IN_EXECUTOR})
_LIBRARIES = frozenset({"asyncio", "anyio", "fastapi", "starlette"})
_HANDING_OVER = (
    "to_thread", "run_in_executor", "run_in_threadpool", "run_sync", "asyncify", "set_default_executor",
)  # fmt: skip
_SMALL, _SHARED, _SIZED = "small", "shared", "sized"
Uses = tuple[tuple[str, str], ...]


def _uses(index: Index, table: FileTable) -> Uses:
    """Function and pool of every hand-over to a thread, by the names that the calls are written with."""
    modules = {item.module.partition(".")[0] for items in table.imports.values() for item in items}
    if _LIBRARIES.isdisjoint(modules) or index.is_test(table.path):
        return ()
    return tuple(
        (entry.id, pool) for entry in table.functions.values() for pool in _pools(entry.facts)
    )


def _pools(item: FunctionFacts) -> list[str]:
    handing_over = (call for call in item.calls if call.target.endswith(_HANDING_OVER))
    return [pool for call in handing_over if (pool := _pool(call))]


def _joined(parts: Mapping[str, Uses]) -> Uses:
    return tuple(use for uses in parts.values() for use in uses)


USES = Survey(_uses, _joined, is_local=True, of_function=_pools)


def check(function: FunctionView) -> Iterator[Finding]:
    """The first use of the default executor, where it is the main way to offload."""
    calls = [
        (call, name)
        for call, callee in function.calls()
        if (name := _small(function, call, callee))
    ]
    places = _places(function) if calls else ()
    if not places or _first(function, places) != function.entry.id:
        return
    call, name = calls[0]
    written = name.rpartition(".")[2]
    given = "None, " if name == _IN_EXECUTOR else ""
    message = (
        f"`{written}({given}...)`, here and in {len(places) - 1} other places, waits for one of the "
        "`min(32, CPUs + 4)` threads of the loop's default executor. "
        "Set a larger one in the lifespan, or await `run_in_threadpool`."
    )
    yield function.finding(call, SEVERITY, message, sink=name, fixes=fixes_of(written))


def fixes_of(written: str) -> tuple[FixOffer, ...]:
    """FastAPI's own pool."""
    title = "Await `run_in_threadpool(...)`, which shares FastAPI's pool of 40 threads"
    return (FixOffer(title, Safety.UNSAFE, "threadpool_instead", (written,)),)


def _places(function: FunctionView) -> tuple[str, ...]:
    """The functions of all uses of the default executor by requests, where it is the main way to offload."""
    serves = function.index.graph.serves
    uses = [
        (function_id, pool)
        for function_id, pool in function.survey(USES)
        if pool == _SIZED or serves(function_id)
    ]
    pools = [pool for _, pool in uses]
    small = tuple(function_id for function_id, pool in uses if pool == _SMALL)
    is_main = _SIZED not in pools and len(small) >= _ENOUGH and len(small) > pools.count(_SHARED)
    return small if is_main else ()


def _first(function: FunctionView, places: tuple[str, ...]) -> str:
    """The first function whose use is known to be one, in the order of paths and names."""
    index = function.index
    for function_id in sorted(set(places)):
        entry, links = index.function(function_id), index.links.get(function_id)
        if entry is None or links is None:
            continue
        calls = zip(entry.facts.calls, links.callees, strict=True)
        if any(_small(function, call, callee) for call, callee in calls):
            return function_id
    return ""


def _small(function: FunctionView, call: Call, callee: str) -> str:
    """The public name of a call that uses the default executor, or an empty text."""
    name = function.knowledge.canonical(callee) if callee and _pool(call) == _SMALL else ""
    return name if name in (_TO_THREAD, _IN_EXECUTOR) else ""


def _pool(call: Call) -> str:
    name = call.target.rpartition(".")[2]
    if name == "to_thread" or (name == "run_in_executor" and call.argument(0) == "None"):
        return _SMALL
    if name in ("run_in_threadpool", "run_sync", "asyncify"):
        return _SHARED
    return _SIZED if name == "set_default_executor" else ""
