"""sync-iterator-streaming (LAG205): every chunk of a response takes a trip to a thread.

## What it does
Reports `StreamingResponse` over a plain generator that yields in a loop and never waits, over such a generator
expression or a buffer in memory, and `def` endpoints that yield so (FastAPI 0.134 and later).

## Why it is slow
Starlette takes each item of a plain iterator in the thread pool: one hop a chunk. 2000 chunks took 125 ms from
a plain generator and 2.4 ms from an asynchronous one (52 times); a `def` endpoint that yields 2000 items 137 to
150 ms, against 17 ms from an `async def`. Ten large chunks took 1.0 and 0.5 ms. A `BytesIO` is iterated line by line:
a picture falls into hundreds of chunks wherever a byte happens to be a line end.

## Bad
```python
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def lines(names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"{name}\\n"


@app.post("/names")
async def names(given: list[str]) -> StreamingResponse:
    return StreamingResponse(lines(given))  # LAG205
```

## Good
```python
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def lines(names: list[str]) -> AsyncIterator[str]:
    for name in names:
        yield f"{name}\\n"


@app.post("/names")
async def names(given: list[str]) -> StreamingResponse:
    return StreamingResponse(lines(given))
```

## Not reported
Generators that wait for files, databases or other services, or call anything unknown: a thread is the right place
for them; generators over open results or unknown iterables; a handful of chunks, and slices of something larger.

## Fix safety
Unsafe: the loop makes the chunks from then on, which holds it up while one is made; other code that runs the
generator with a plain `for` has to change, and the fix is refused where it sees such code. A buffer that is sent in
one piece is sent from its beginning, wherever it was read up to, and is copied once.

## Sources
Measured with fastapi 0.165.0, starlette 1.10.0 and CPython 3.11.7 on two shared cores. Starlette documentation,
"Responses" and "Thread Pool".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.table import FunctionEntry
from unlag.rules import Subject
from unlag.rules.thread_pool._chunks import (
    buffer_of,
    generator_of,
    gives_many,
    is_quick_expression,
    never_waits,
)
from unlag.rules.thread_pool._functions import header, threaded_routes
from unlag.rules.view import FunctionView
from unlag.source import facts

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
NEEDS = frozenset({"StreamingResponse", "yield"})
_STREAMING = "starlette.responses.StreamingResponse"


def check(function: FunctionView) -> Iterator[Finding]:
    """Every streaming response over something plain, and the function itself where it is a stream."""
    for call, callee in function.calls() if _streams(function, function.entry.id) else ():
        if not callee or function.knowledge.canonical(callee) != _STREAMING:
            continue
        buffer = buffer_of(function, call)
        entry = None if buffer else generator_of(function, call)
        if buffer:
            message = (
                f"`StreamingResponse({buffer})` iterates over the buffer line by line, with a thread hop for each "
                f"line end in it. Return `Response({buffer}.getvalue(), ...)`."
            )
            yield function.finding(call, SEVERITY, message, sink=_STREAMING, fixes=_whole(buffer))
        elif entry is not None and gives_many(function, entry) and never_waits(function, entry):
            yield function.finding(
                call,
                SEVERITY,
                _message(entry, "the response"),
                sink=_STREAMING,
                trail=(function.step_in(entry.id, header(entry), entry.facts.name),),
                fixes=fixes_of(function, entry),
            )
        elif not buffer and entry is None and is_quick_expression(function, call):
            message = (
                "Every item of this generator expression takes a thread hop, as the response iterates over it. It "
                "never waits: put it into an `async def` that yields, or join the items into larger chunks."
            )
            yield function.finding(call, SEVERITY, message, sink=_STREAMING)
    if _is_stream(function) and never_waits(function, function.entry):
        message = _message(function.entry, "the endpoint")
        fixes = fixes_of(function, function.entry)
        yield function.finding(header(function.entry), SEVERITY, message, fixes=fixes)


def fixes_of(function: FunctionView, entry: FunctionEntry) -> tuple[FixOffer, ...]:
    """The same generator, asynchronous, where only responses run it."""
    callers = {caller for caller, _ in function.index.callers_of(entry.id)}
    if not all(_streams(function, caller) for caller in callers - {function.entry.id}):
        return ()
    title = f"Make `{entry.facts.name}` an asynchronous generator"
    arguments = (entry.path, entry.facts.qualname)
    return (FixOffer(title, Safety.UNSAFE, "async_generator", arguments),)


def _whole(buffer: str) -> tuple[FixOffer, ...]:
    title = f"Send `{buffer}` in one piece, with its length"
    return (FixOffer(title, Safety.UNSAFE, "whole_response"),)


def _message(entry: FunctionEntry, streamed: str) -> str:
    return (
        f"Every item that `{entry.facts.name}` yields takes a thread hop, as {streamed} iterates over a plain "
        "generator. It never waits: make it `async def`, or yield larger chunks."
    )


def _streams(function: FunctionView, function_id: str) -> bool:
    """Whether a function makes a streaming response."""
    is_own = function_id == function.entry.id
    links = function.links if is_own else function.index.links.get(function_id)
    names = links.callees if links is not None else ()
    likely = [name for name in names if name.endswith("StreamingResponse")]
    return any(function.knowledge.canonical(name) == _STREAMING for name in likely)


def _is_stream(function: FunctionView) -> bool:
    """Whether a `def` endpoint yields its answer, many times."""
    if not function.facts.flags & facts.GENERATOR or function.facts.is_async:
        return False
    if not threaded_routes(function) or not function.at_least("fastapi", "0.134"):
        return False
    return gives_many(function, function.entry)
