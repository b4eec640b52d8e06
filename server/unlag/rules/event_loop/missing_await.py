"""missing-await (LAG106): a coroutine is created and never awaited.

## What it does
Reports calls of coroutine functions, the project's own and those of known libraries, whose
coroutine is dropped (a bare statement, or a name that nothing uses), tested for truth, looped over,
entered, or used as if it were the result: an attribute or item of it is taken, it is added,
compared, put into a text or handed to `len`, or the name it was given is; in plain functions that
serve requests as well, where nothing can await it. Reports endpoints that
return one, as it is or in a dict, list or comprehension, and
`await session.scalars(query).all()`, where `await` binds to `all()` and not to the query.

## Why it is slow
It is worse than slow: the body never runs. What is dropped silently does nothing, a coroutine is
always true in a condition, and an attribute of it raises AttributeError while the request is
served. Python says so only when the object is collected ("coroutine was never awaited").

## Bad
```python
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
Sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def get_session():
    async with Sessions() as session:
        yield session


async def note(text: str) -> None:
    print(text)


async def is_open() -> bool:
    return False


@app.post("/notes")
async def add(text: str, session: Annotated[AsyncSession, Depends(get_session)]) -> None:
    note(text)  # LAG106
    session.commit()  # LAG106
    if is_open():  # LAG106
        print("always")
    await session.scalars(select(1)).all()  # LAG106
```

## Good
```python
import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
Sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def get_session():
    async with Sessions() as session:
        yield session


async def note(text: str) -> None:
    print(text)


async def is_open() -> bool:
    return False


@app.post("/notes")
async def add(text: str, session: Annotated[AsyncSession, Depends(get_session)]) -> None:
    await note(text)
    await session.commit()
    pending = is_open()
    if await pending:
        print("sometimes")
    await asyncio.gather(note("a"), note("b"))
    (await session.scalars(select(1))).all()
```

## Not reported
Coroutines that are awaited later, passed to anything (`create_task`, `gather`, `wait_for`, a task
group, background tasks), stored, yielded, or returned to a caller that can await them; functions
under a decorator that is not known to keep them coroutine functions; objects that are awaitable
and more, such as those of aiohttp, unless they are dropped; queries of Tortoise and
Beanie that nobody tests for truth; Motor's futures that
nobody looks at, which run anyway; what the function asks about with `iscoroutinefunction`.

## Fix safety
Inserting `await` before a bare statement is safe: the statement had no effect before. Elsewhere it
is unsafe, since the code that follows gets the value it was written for, but never had.

## Sources
Python documentation, "Developing with asyncio: Detect never-awaited coroutines".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.routes import Route
from unlag.rules import Subject
from unlag.rules.event_loop._as_values import (
    UNUSED,
    is_in_answer,
    is_tested,
    what_is_wrong,
    wrong_with_name,
)
from unlag.rules.event_loop._coroutines import RUNS_ANYWAY, coroutine_of
from unlag.rules.event_loop._queries import is_query, is_taken_for_result, tested_query
from unlag.rules.event_loop._uses import (
    is_awaited_further_out,
    is_handed_on,
    taken_from,
    taken_from_name,
    variable_of,
)
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.ERROR
SUBJECT = (Subject.COROUTINE, Subject.REQUEST)

_OF_ANY_COROUTINE = frozenset(
    {
        "send",
        "throw",
        "close",
        "__await__",
        "cr_await",
        "cr_code",
        "cr_frame",
        "cr_running",
        "await",
    }
)
_OF_ANY_FUTURE = frozenset(
    {"add_done_callback", "cancel", "cancelled", "done", "exception", "get_loop", "remove_done_callback",
     "result"}
)  # fmt: skip
_QUESTION = "iscoroutinefunction"
_AS_OBJECT = facts.ITERATED | facts.ENTERED | facts.ASYNC_ENTERED
_ENDPOINTS = frozenset({"route"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every coroutine that is created here and never awaited."""
    for call, callee in function.calls():
        if not callee or call.flags & facts.AWAITED:
            continue
        if call.flags & facts.ARGUMENT and ":" not in callee:
            continue  # of all arguments the most, and passed on to be awaited
        if is_query(function, callee):
            if is_taken_for_result(function, call):
                yield _finding(function, call, callee, tested_query(callee), fixes_of(call))
            continue
        is_dropped = bool(call.flags & facts.STATEMENT)
        name = coroutine_of(function, call, callee, strictly=not is_dropped)
        if name and not _is_asked_about(function, call):
            yield from _misused(function, call, name)


def fixes_of(call: Call, *, safe: bool = False, moves: bool = False) -> tuple[FixOffer, ...]:
    """An `await` before the call; with `moves`, the one that stands further out."""
    if moves:
        title = f"Await `{call.target}(...)` first: `(await {call.target}(...))`"
        return (FixOffer(title, Safety.UNSAFE, "insert_await", ("inner",)),)
    safety = Safety.SAFE if safe else Safety.UNSAFE
    return (FixOffer(f"Await `{call.target}(...)`", safety, "insert_await", ()),)


def _is_asked_about(function: FunctionView, call: Call) -> bool:
    """Whether the function asks what it calls if it is a coroutine function, and does what fits."""
    return any(
        other.target.rpartition(".")[2] == _QUESTION and call.target in other.arguments
        for other in function.facts.calls
    )


def _misused(function: FunctionView, call: Call, name: str) -> Iterator[Finding]:
    said = _said(name)
    flags = call.flags
    if flags & facts.STATEMENT:
        message = f"`{said}` is a coroutine that nothing awaits, so it never runs. Await it."
        yield _finding(function, call, name, message, fixes_of(call, safe=function.facts.is_async))
    elif flags & facts.TESTED:
        message = f"`{said}` gives a {_kind(name)}, which is always true. Await it."
        yield _finding(function, call, name, message, fixes_of(call))
    elif flags & facts.CONSUMED:
        yield from _consumed(function, call, name)
    elif flags & facts.ASSIGNED:
        yield from _assigned(function, call, name)
    elif flags & facts.RETURNED and _is_plain_endpoint(function):
        message = (
            f"`{said}` gives a {_kind(name)}, and FastAPI does not await what `{function.name}` returns. "
            "Await it."
        )
        yield _finding(function, call, name, message, fixes_of(call))
    elif flags & _AS_OBJECT and ":" in name:
        verb = "looped over" if flags & facts.ITERATED else "entered"
        message = f"`{said}` gives a {_kind(name)}, which cannot be {verb}. Await it first."
        yield _finding(function, call, name, message, fixes_of(call))
    elif not flags & (_AS_OBJECT | facts.RETURNED | facts.YIELDED):
        yield from _as_result(function, call, name)


def _as_result(function: FunctionView, call: Call, name: str) -> Iterator[Finding]:
    """`fetch() + 1`, `len(fetch())`, or `{"user": fetch()}` as an endpoint's answer."""
    wrong = what_is_wrong(function, call)
    if wrong:
        message = f"`{_said(name)}` gives a {_kind(name)}, which {wrong}. Await it first."
    elif is_in_answer(function, call) and _is_plain_endpoint(function):
        message = (
            f"`{_said(name)}` gives a {_kind(name)}, and FastAPI does not await what stands in the "
            f"answer of `{function.name}`. Await it."
        )
    else:
        return
    yield _finding(function, call, name, message, fixes_of(call))


def _consumed(function: FunctionView, call: Call, name: str) -> Iterator[Finding]:
    """`fetch().json()`, or the same behind an `await` that binds to the wrong call."""
    taken = taken_from(function, call)
    if taken in _OF_ANY_COROUTINE or (taken in _OF_ANY_FUTURE and _kind(name) == "future"):
        return
    said = _said(name)
    if is_awaited_further_out(function, call):
        message = (
            f"`await` binds to {_part(taken)} and not to `{said}`, whose {_kind(name)} has none: "
            f"put parentheses around `await {call.target}(...)`."
        )
        yield _finding(function, call, name, message, fixes_of(call, moves=True))
    else:
        message = f"`{said}` gives a {_kind(name)}, which has no {_part(taken)}. Await it first."
        yield _finding(function, call, name, message, fixes_of(call))


def _assigned(function: FunctionView, call: Call, name: str) -> Iterator[Finding]:
    """`answer = fetch()`, and then `answer.json()`."""
    variable = variable_of(function, call)
    if not variable:
        yield from _as_result(function, call, name)
        return
    wrong = _wrong_with(function, variable, call, name)
    if wrong:
        message = (
            f"`{variable}` is the {_kind(name)} of `{_said(name)}`, which {wrong}. "
            f"Await it: `{variable} = await {call.target}(...)`."
        )
        yield _finding(function, call, name, message, fixes_of(call))


def _wrong_with(function: FunctionView, variable: str, call: Call, name: str) -> str:
    """What the uses of a name make of the coroutine it holds, as the end of a sentence; or empty."""
    answers = _is_plain_endpoint(function)
    if is_tested(function, variable):
        return "is always true"
    if is_handed_on(function, variable, answers=answers):
        return ""
    taken = taken_from_name(function, variable, call.line)
    if taken in _OF_ANY_COROUTINE or (taken in _OF_ANY_FUTURE and _kind(name) == "future"):
        return ""
    if taken:
        return f"has no {_part(taken)}"
    wrong = wrong_with_name(function, variable, answers=answers)
    return "" if wrong == UNUSED and _kind(name) == "future" else wrong


def _kind(name: str) -> str:
    return "future" if name.startswith(RUNS_ANYWAY) else "coroutine"


def _is_plain_endpoint(function: FunctionView) -> bool:
    """Whether only FastAPI calls the function, to answer a request with what it returns."""
    routes: tuple[Route, ...] = function.index.routes.by_function.get(function.entry.id, ())
    is_route = bool(routes) and all(route.label in _ENDPOINTS for route in routes)
    return is_route and not function.index.is_called(function.entry.id)


def _part(taken: str) -> str:
    return "items" if taken == "[]" else f"`.{taken}`"


def _said(name: str) -> str:
    return spoken(name) if ":" in name else name


def _finding(
    function: FunctionView, call: Call, name: str, message: str, fixes: tuple[FixOffer, ...]
) -> Finding:
    if not function.facts.is_async:
        message = f"{message} `{function.name}` has to be an `async def` for that."
    return function.finding(
        call,
        SEVERITY,
        message,
        sink=_said(name),
        trail=(function.step(call, _said(name)),),
        fixes=fixes if function.facts.is_async else (),
    )
