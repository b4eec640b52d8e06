"""sequential-awaits (LAG108): independent requests are sent one after the other.

## What it does
Hints at adjacent statements that each await one call which asks another service and only reads,
where none uses what an earlier one gave.

## Why it is slow
The waiting times add up. Three awaits of 50 ms took 151 to 154 ms in turn, 50 ms with `gather` and
51 ms in a `TaskGroup`. Where nothing waits, `gather` costs 22 to 25 microseconds instead of 0.3.

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


async def weather() -> str:
    return (await client.get("https://weather.example")).text


async def news() -> str:
    return (await client.get("https://news.example")).text


@app.get("/")
async def front_page() -> list[str]:
    sky = await weather()  # LAG108
    headlines = await news()
    return [sky, headlines]
```

## Good
```python
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


async def weather() -> str:
    return (await client.get("https://weather.example")).text


async def news() -> str:
    return (await client.get("https://news.example")).text


@app.get("/")
async def front_page() -> list[str]:
    async with asyncio.TaskGroup() as group:
        sky = group.create_task(weather())
        headlines = group.create_task(news())
    return [sky.result(), headlines.result()]
```

## Not reported
Calls of a database session or connection, which must not be used twice at once; calls that write,
publish, lock, sleep, remember their result (`@alru_cache`) or are not known; coroutines that
set attributes or globals; checks that a later call relies on (`check_`, `verify_`, `require_` and their like);
awaits in other than adjacent statements.

## Fix safety
Unsafe: in a `TaskGroup` (Python 3.11 or later) the first error cancels the others and comes as an
ExceptionGroup, and the order of the requests is open.

## Sources
Measured with CPython 3.11.7 on two shared cores. Python documentation, `asyncio.TaskGroup`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.memoised import remembers
from unlag.rules import Subject
from unlag.rules.event_loop._traffic import traffic_of
from unlag.rules.needs import RUNS
from unlag.rules.view import FunctionView, as_written
from unlag.source.facts import AwaitRun, Call

SEVERITY = Severity.HINT
SUBJECT = Subject.ON_LOOP
NEEDS = frozenset({RUNS})

_CHECKS = frozenset(
    {"assert", "auth", "authenticate", "authorise", "authorize", "check", "ensure", "guard", "must",
     "permit", "require", "validate", "verify", "acquire", "lock", "enter", "init", "start", "close"}
)  # fmt: skip


class _Stretch(msgspec.Struct, frozen=True):
    """Several statements as one place."""

    line: int
    column: int
    end_line: int
    end_column: int


def check(function: FunctionView) -> Iterator[Finding]:
    """Every run of independent reads in the coroutine."""
    by_place = {(call.line, call.column): (call, callee) for call, callee in function.calls()}
    for run in function.facts.runs:
        found = [by_place[place] for place in run.calls if place in by_place]
        for chosen in _stretches(function, found):
            yield _finding(function, run, chosen)


def fixes_of(run: AwaitRun, chosen: list[Call]) -> tuple[FixOffer, ...]:
    """A task group around the statements, where they are the whole run."""
    if len(chosen) != len(run.calls):
        return ()
    title = "Send them at the same time, in an `asyncio.TaskGroup` (Python 3.11 or later)"
    return (FixOffer(title, Safety.UNSAFE, "task_group", ()),)


def _stretches(function: FunctionView, found: list[tuple[Call, str]]) -> Iterator[list[Call]]:
    """The longest runs of two or more calls that can go at the same time."""
    chosen: list[Call] = []
    for call, callee in found:
        if _is_independent(function, call, callee):
            chosen.append(call)
            continue
        if len(chosen) > 1:
            yield chosen
        chosen = []
    if len(chosen) > 1:
        yield chosen


def _is_independent(function: FunctionView, call: Call, callee: str) -> bool:
    words = call.target.rpartition(".")[2].strip("_").lower().split("_")
    if not callee or _CHECKS & set(words) or _is_kept(function, callee):
        return False
    traffic = traffic_of(function, callee, whole=True)
    is_known = traffic.is_complete and traffic.only_reads
    return is_known and not traffic.has_effects and not traffic.is_limited


def _is_kept(function: FunctionView, callee: str) -> bool:
    """Whether a function of the project remembers what it gave, and waits only once."""
    entry = function.index.function(callee) if ":" in callee else None
    return entry is not None and remembers(entry.facts)


def _finding(function: FunctionView, run: AwaitRun, chosen: list[Call]) -> Finding:
    is_whole = len(chosen) == len(run.calls)
    first, last = chosen[0], chosen[-1]
    place = _Stretch(first.line, first.column, last.end_line, last.end_column)
    names = [f"`{as_written(call)}`" for call in chosen]
    said = f"{', '.join(names[:-1])} and {names[-1]}"
    message = (
        f"{said} wait one after the other and use nothing of each other. "
        "Await them together, with `asyncio.TaskGroup` or `asyncio.gather`."
    )
    return function.finding(
        run if is_whole else place,
        SEVERITY,
        message,
        sink=chosen[0].target,
        trail=tuple(function.step(call, as_written(call)) for call in chosen),
        fixes=fixes_of(run, chosen),
    )
