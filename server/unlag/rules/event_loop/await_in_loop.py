"""await-in-loop (LAG109): one request an item, each waiting for the one before.

## What it does
Hints at calls awaited in a loop over a collection, one an item, which ask another service and only
read. Off unless it is selected by its code or name: often one after the other is what is meant.

## Why it is slow
The waiting times add up. Three awaits of 50 ms took 151 to 154 ms in turn and 50 ms with `gather`;
a loop over a hundred items waits a hundred times.

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.post("/stock")
async def stock(keys: list[int]) -> list[int]:
    levels = []
    for key in keys:
        answer = await client.get("https://stock.example", params={"key": key})  # LAG109
        levels.append(answer.json())
    return levels
```

## Good
```python
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
few = asyncio.Semaphore(10)


@app.post("/stock")
async def stock(keys: list[int]) -> list[int]:
    async def level(key: int) -> int:
        async with few:
            return (await client.get("https://stock.example", params={"key": key})).json()

    return await asyncio.gather(*(level(key) for key in keys))
```

## Not reported
Calls of a database session or connection; calls that write, publish, lock or are not known;
`while` loops, retries and pagination; loops that sleep or take a limiter; loops over literals,
ranges and constants.

## Sources
Measured with CPython 3.11.7 on two shared cores.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, Severity
from unlag.rules import Subject
from unlag.rules.event_loop._loops import in_words, is_open_ended, iterable_of, names_in
from unlag.rules.event_loop._traffic import takes_limiter, traffic_of
from unlag.rules.view import FunctionView, as_written
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.HINT
SUBJECT = Subject.ON_LOOP
ENABLED = False

_POLITE = frozenset({"sleep", "acquire", "wait"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every read that is awaited once an item of a loop."""
    if _is_polite(function):
        return
    for call, callee in function.calls():
        if not callee or not (call.flags & facts.AWAITED and call.flags & facts.IN_LOOP):
            continue
        iterable = iterable_of(function, call)
        if not is_open_ended(function, iterable, call.line) or _builds_up(function, call):
            continue
        traffic = traffic_of(function, callee, whole=True)
        if traffic.is_complete and traffic.only_reads and not traffic.has_effects:
            message = (
                f"`{as_written(call)}` waits once for each item {in_words(iterable)}, one after the "
                "other. Await them together, with `asyncio.gather` and a semaphore."
            )
            trail = (function.step(call, as_written(call)),)
            yield function.finding(call, SEVERITY, message, sink=call.target, trail=trail)


def _is_polite(function: FunctionView) -> bool:
    """Whether the coroutine paces itself."""
    if takes_limiter(function, function.entry.id):
        return True
    awaited = (call for call in function.facts.calls if call.flags & facts.AWAITED)
    return any(call.target.rpartition(".")[2] in _POLITE for call in awaited)


def _builds_up(function: FunctionView, call: Call) -> bool:
    """Whether a round uses what an earlier one gave."""
    result = f"{call.target}("
    given = {b.name for b in function.facts.bindings if b.path.startswith(result)}
    return any(name in given for argument in call.arguments for name in names_in(argument))
