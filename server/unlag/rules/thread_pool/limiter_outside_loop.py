"""limiter-outside-loop (LAG206): the thread limiter is asked for where no event loop runs.

## What it does
Reports calls of `anyio.to_thread.current_default_thread_limiter` in module-level code, and in plain
functions that only module-level code, scripts and command lines call.

## Why it is slow
It does not work: AnyIO keeps one limiter for each event loop, and without a running loop the call raises
`NoEventLoopError`, so the application does not start, or, where the error is caught, keeps its 40
threads. 81 requests that each sleep 0.2 s took 0.62 s with 40 tokens and 0.29 s with 100.

## Bad
```python
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

app = FastAPI()
current_default_thread_limiter().total_tokens = 100  # LAG206
```

## Good
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = 100
    yield


app = FastAPI(lifespan=lifespan)
```

## Not reported
Calls in the lifespan, in start-up handlers, in endpoints and in everything they call; in coroutines,
wherever they run; in functions that nobody is seen to call.

## Fix safety
Unsafe: the limit is set when the application starts, in every worker. A value that is only known where
the call stands is left for you to move.

## Sources
Run with AnyIO 4.16.0 and uvicorn 0.54.0 on CPython 3.11.7. Starlette documentation, "Thread Pool".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.thread_pool._limiter import LIMITER, lifespan_of, runs_without_loop
from unlag.rules.view import FunctionView, as_written
from unlag.source import facts

SEVERITY = Severity.ERROR
SUBJECT = Subject.FUNCTION
NEEDS = frozenset({LIMITER})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every call that asks for the limiter before a loop runs."""
    for call, callee in function.calls():
        if function.knowledge.canonical(callee) != LIMITER:
            continue
        if not runs_without_loop(function.index, function.entry.id):
            return
        place = "at import" if function.name == "<module>" else f"in `{function.name}`"
        if call.flags & facts.MAIN_GUARD:
            place = "in a script"
        message = (
            f"`{as_written(call)}` is called {place}, where no event loop runs: it raises "
            "`NoEventLoopError`, as each loop has a limiter of its own. Set it in the lifespan."
        )
        yield function.finding(call, SEVERITY, message, sink=LIMITER, fixes=fixes_of(function))


def fixes_of(function: FunctionView) -> tuple[FixOffer, ...]:
    """The same line in the lifespan."""
    where = lifespan_of(function)
    if where is None:
        return ()
    return (FixOffer("Move it into the lifespan", Safety.UNSAFE, "move_limiter", where),)
