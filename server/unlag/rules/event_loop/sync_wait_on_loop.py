"""sync-wait-on-loop (LAG104): a coroutine holds up the event loop until another thread acts.

## What it does
Reports locks of `threading` that a coroutine holds across an `await`, `with` blocks on locks of
files (`filelock`), and calls that wait for another thread or process where a coroutine on the event
loop makes them, itself or through plain functions:
`Event.wait`, `Condition.wait`, `Thread.join`, the blocking `get` and `put` of `queue`, `result()`,
`wait` and `as_completed` of `concurrent.futures`, going through what an executor's `map` gives, and the end of a
`with` block of an executor that was handed work in it.

## Why it is slow
While it waits, the loop serves no other request of that worker. Where what it waits for needs the
loop itself, nothing ever goes on: a `threading.Lock` held across an `await` was shown to deadlock
as soon as a second coroutine of the same loop asked for it.

## Bad
```python
import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()
ready = threading.Event()


@app.get("/count")
async def count() -> None:
    with lock:  # LAG104
        await asyncio.sleep(0.1)


@app.get("/ready")
async def wait_until_ready() -> bool:
    return ready.wait(timeout=1)  # LAG104
```

## Good
```python
import asyncio
import threading

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()
lock = asyncio.Lock()
ready = threading.Event()


@app.get("/count")
async def count() -> None:
    async with lock:
        await asyncio.sleep(0.1)


@app.get("/ready")
async def wait_until_ready() -> bool:
    return await run_in_threadpool(ready.wait, timeout=1)
```

## Not reported
Forms that return at once (`get_nowait`, `block=False`, `timeout=0`, `LOCK_NB`, `done()`); `put`
into a queue without a bound, and `put` and `get` in a branch after asking whether it is `full()` or
`empty()`; events that the thread which was started there sets first of all; futures that were waited for;
executors whose `with` block awaits; `result()` of an asyncio future or task, which never waits; `def` endpoints
and functions handed to a thread; receivers whose type is unknown; methods that are called only where their object
lacks another, which it has (`hasattr`, `callable(getattr(...))`); ways that run once, through one of eight or more
implementations of an interface of which fewer than a quarter wait, or in more than six steps, where a step in a
branch counts for three; locks that a plain helper takes. Information only: a
short critical section of the coroutine, without an `await` inside; the lock of a file that a helper takes, where
nobody who holds it waits for more than the disk; and a helper's wait for its turn: at a semaphore, at a pool to whose
queue it gives back what it got, at a lock that is built of a `Condition` (`while self._writing: wait()`, then
`self._writing = True`).

## Fix safety
Every fix is unsafe. An `asyncio.Lock` keeps coroutines of one loop apart, and no threads: where a
thread takes the lock too, hold it in a thread. Offloading inserts an `await`, where other
coroutines get to run.

## Sources
Python documentation, "Developing with asyncio: Concurrency and multithreading". The deadlock was
shown with CPython 3.11.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.links import Hazard
from unlag.project.values import ExternalInstance, each
from unlag.rules import Subject
from unlag.rules.event_loop._alternatives import is_one_of_many
from unlag.rules.event_loop._boundaries import (
    Boundary,
    boundaries,
    capitalised,
    counterpart_words,
    direct,
    endpoint_to_def_offers,
    helper,
    offers,
    offload_offer,
    remedy,
    way,
    written,
)
from unlag.rules.event_loop._file_locks import is_file_lock, is_held_briefly
from unlag.rules.event_loop._own_locks import takes_a_turn
from unlag.rules.event_loop._waiting import ENTER, LEAVE, LOCKS, SEMAPHORES, waits
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Block

SEVERITY = Severity.ERROR
SUBJECT = (Subject.ON_LOOP, Subject.PLAIN_ON_LOOP)


def check(function: FunctionView) -> Iterator[Finding]:
    """Every lock that the coroutine holds, and every wait that it makes or leads to."""
    for block in function.facts.blocks:
        if not block.is_async:
            yield from _held(function, block)
    for hazard in direct(function, "wait", accepts=waits):
        yield function.finding(
            hazard,
            _severity(function, hazard),
            _direct_message(function, hazard),
            sink=hazard.name,
            trail=(function.step(hazard, hazard.name),),
            fixes=_direct_fixes(function, hazard),
        )
    for boundary in boundaries(function, "wait", accepts=waits_long):
        if not boundary.is_near or is_one_of_many(function, boundary, waits_long):
            continue  # what waits far away, or in branches of branches, mostly finds it done
        yield function.finding(
            boundary.edge,
            _helper_severity(function, boundary),
            _helper_message(function, boundary),
            sink=boundary.hazard.name,
            trail=boundary.trail,
            fixes=offers(function, boundary.edge),
        )


def fixes_of(function: FunctionView, lock: str) -> tuple[FixOffer, ...]:
    """The asyncio lock in place of the other."""
    name = lock.rpartition(".")[2]
    title = f"Make it an `asyncio.{_counterpart(name)}`, which threads must not share"
    return (FixOffer(title, Safety.UNSAFE, "async_lock", (lock,)),)


def _held(function: FunctionView, block: Block) -> Iterator[Finding]:
    """A lock that a `with` block of the coroutine holds."""
    for value in each(function.resolve(block.path, block.line)):
        if not isinstance(value, ExternalInstance) or value.name not in LOCKS | SEMAPHORES:
            continue
        kind = value.name.rpartition(".")[2]
        sink = f"{value.name}{ENTER}"
        trail = (function.step(block, sink),)
        if block.awaits:
            message = (
                f"`{block.path}` is a `{value.name}`, held across an await: the next coroutine that "
                f"asks for it stops the event loop, and the one that holds it never goes on. "
                f"Use `async with` on an `asyncio.{_counterpart(kind)}`."
            )
            fixes = fixes_of(function, value.name)
            yield function.finding(block, SEVERITY, message, sink=sink, trail=trail, fixes=fixes)
        else:
            message = (
                f"`{block.path}` is a `{value.name}`: the event loop waits while a thread holds it. "
                "Keep what it guards short."
            )
            yield function.finding(block, Severity.INFORMATION, message, sink=sink, trail=trail)
        return


def _counterpart(kind: str) -> str:
    return "Lock" if kind == "RLock" else kind


def waits_long(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Whether a helper waits for more than a lock that it holds for a moment."""
    return not _is_lock(hazard) and waits(function, function_id, hazard)


def _is_lock(hazard: Hazard) -> bool:
    return hazard.name.rpartition(".")[0] in LOCKS and hazard.name.endswith("acquire")


def _severity(function: FunctionView, hazard: Hazard) -> Severity:
    if hazard.flags & facts.ONCE:
        return Severity.INFORMATION
    if _is_lock(hazard) and not _awaits_before_release(function, hazard):
        return Severity.INFORMATION
    return SEVERITY


def _helper_severity(function: FunctionView, boundary: Boundary) -> Severity:
    index = function.index
    is_short = is_held_briefly(index, boundary) or takes_a_turn(index, boundary)
    return Severity.INFORMATION if is_short else SEVERITY


def _awaits_before_release(function: FunctionView, hazard: Hazard) -> bool:
    """Whether the coroutine awaits between taking the lock and the last line that lets it go."""
    if not function.facts.flags & facts.AWAITS:
        return False
    lock = written(function, hazard).rpartition(".")[0]
    calls = function.facts.calls
    released = [call.line for call in calls if call.target == f"{lock}.release"]
    last = max(released, default=function.facts.end_line)
    awaited = [call.line for call in calls if call.flags & facts.AWAITED]
    return any(hazard.line < line < last for line in awaited)


def _direct_message(function: FunctionView, hazard: Hazard) -> str:
    if _is_entered(hazard):
        return _entered_message(function, hazard)
    if _is_left(hazard):
        return _left_message(hazard)
    call = written(function, hazard)
    what = f"`{call}` stops the event loop until another thread lets it go on"
    entry = function.known(hazard.name, "blocking")
    if _is_iterated(function, hazard):
        # what `as_completed` is given says nothing of the pool that its futures come from
        pool = call.rpartition(".")[0] if hazard.name.endswith(".map") else "pool"
        return (
            f"Going through what `{call}` gives stops the event loop until the last of it is done. Await "
            f"`asyncio.gather(*(loop.run_in_executor({pool}, ...) for ...))`, or do all of it in a thread."
        )
    if entry is not None and entry.counterpart and function.facts.is_async:
        other = capitalised(counterpart_words(entry))
        return f"{what}. {other}, or await `{function.offload_style}({call}, ...)`."
    return f"{what}. {remedy(function, call)}"


def _is_entered(hazard: Hazard) -> bool:
    """Whether it is the beginning of a `with` block that waits."""
    return hazard.name.endswith(ENTER)


def _is_left(hazard: Hazard) -> bool:
    """Whether it is the end of a `with` block that waits."""
    return hazard.name.endswith(LEAVE)


def _left_message(hazard: Hazard) -> str:
    name = hazard.name.removesuffix(LEAVE)
    return (
        f"The end of this `with` on a `{name}` stops the event loop until all that was handed to it is done. "
        "Await `asyncio.gather(*(loop.run_in_executor(pool, ...) for ...))` in it, or run the whole `with` block "
        "in a thread."
    )


def _entered_message(function: FunctionView, hazard: Hazard) -> str:
    name = hazard.name.removesuffix(ENTER)
    what = f"`with` on a `{name}` stops the event loop until whoever holds it lets it go"
    entry = function.known(hazard.name, "blocking")
    if entry is not None and entry.counterpart and function.facts.is_async:
        return f"{what}. Use `async with` on a `{entry.counterpart}`."
    return f"{what}. Run the whole `with` block in a thread."


def _helper_message(function: FunctionView, boundary: Boundary) -> str:
    name = helper(boundary.edge)
    waits_for = (
        "while another process holds the lock of a file"
        if is_file_lock(boundary.hazard)
        else "until another thread lets it go on"
    )
    what = f"`{name}` stops the event loop {waits_for}: {way(boundary)}."
    return f"{what} {remedy(function, name, boundary.edge.through, boundary.edge.target)}"


def _is_iterated(function: FunctionView, hazard: Hazard) -> bool:
    """Whether not the call waits, but whoever goes through what it gives."""
    entry = function.known(hazard.name, "blocking")
    return entry is not None and entry.form == "iterated"


def _direct_fixes(function: FunctionView, hazard: Hazard) -> tuple[FixOffer, ...]:
    if _is_lock(hazard) or not function.facts.is_async:
        return ()  # a lock must be let go by the thread that took it
    plain = endpoint_to_def_offers(function)
    if _is_entered(hazard) or _is_left(hazard) or _is_iterated(function, hazard):
        return plain  # in a thread, the beginning alone would be waited for
    return (offload_offer(function, written(function, hazard)), *plain)
