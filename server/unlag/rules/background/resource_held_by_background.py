"""resource-held-by-background (LAG503): a database session stays open until background work has ended.

## What it does
Reports route functions that get a database session from a dependency with `yield`, directly or through other
dependencies, and then add a slow background task or answer with a stream that does not need the session.

## Why it is slow
Up to FastAPI 0.105, and again from 0.118 on, such dependencies end after the response, its background tasks and its
stream. A session that has asked anything keeps its connection until then: with the default pool of 5 and 10
more, 40 requests of half a second took 1.6 to 1.8 s, with enough connections 0.6 to 0.7.

## Bad
```python
import smtplib

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
make_session = sessionmaker(create_engine("sqlite://"))


def get_session():
    with make_session() as session:
        yield session


def send_mail(address: str) -> None:
    smtplib.SMTP("mail").sendmail("shop", address, "Thank you")


@app.post("/orders")
def order(address: str, tasks: BackgroundTasks, session: Session = Depends(get_session)) -> None:
    session.execute(text("insert into orders values (1)"))
    tasks.add_task(send_mail, address)  # LAG503
```

## Good
```python
import smtplib

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
make_session = sessionmaker(create_engine("sqlite://"))


def get_session():
    with make_session() as session:
        yield session


def send_mail(address: str) -> None:
    smtplib.SMTP("mail").sendmail("shop", address, "Thank you")


@app.post("/orders")
def order(
    address: str,
    tasks: BackgroundTasks,
    session: Session = Depends(get_session, scope="function"),
) -> None:
    session.execute(text("insert into orders values (1)"))
    tasks.add_task(send_mail, address)
```

## Not reported
FastAPI 0.106 to 0.117; dependencies that say `scope="function"`; tasks and streams that are given the session, or
something that was got with it; tasks that end at once; sessions that the function itself commits, rolls back or closes
last; sessions it opens itself.

## Fix safety
Unsafe: `scope="function"` (from FastAPI 0.121 on) ends the dependency before the response is sent, so neither the
task nor the stream can use the session any more.

## Sources
FastAPI documentation, "Dependencies with yield" and "Advanced Dependencies"; seen with FastAPI 0.115, 0.128 and 0.165.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.values import Function, each
from unlag.rules import Subject
from unlag.rules.background._held import Held, held_sessions
from unlag.rules.background._work import ADD_TASK, added_tasks, is_slow
from unlag.rules.view import FunctionView, spoken
from unlag.source.facts import Call, is_inside, passed_value
from unlag.source.paths import root

SEVERITY = Severity.WARNING
SUBJECT = Subject.ENDPOINT
_STREAM = "starlette.responses.StreamingResponse"
NEEDS = ADD_TASK | {_STREAM}
_ENDING = ("commit", "rollback", "close")


def check(function: FunctionView) -> Iterator[Finding]:
    """The first slow task or stream of a route function that a session waits for."""
    if not function.facts.parameters or not _is_route(function) or not _is_held(function):
        return
    waits = next(_waits(function), None)
    if waits is None:
        return
    sessions = [held for held in held_sessions(function) if not _is_ended(function, held)]
    carriers = _carriers(function, sessions)
    call, what, used = waits
    if sessions and not carriers & used:
        yield _finding(function, call, what, sessions[0])


def fixes_of(function: FunctionView, held: Held) -> tuple[FixOffer, ...]:
    """The dependency's end before the response, where this signature asks for the session."""
    if not (held.is_own or held.alias) or not function.at_least("fastapi", "0.121"):
        return ()
    title = 'End it before the response is sent (`scope="function"`)'
    arguments = (held.parameter.name, *(held.alias or ()))
    return (FixOffer(title, Safety.UNSAFE, "function_scope", arguments),)


def _is_held(function: FunctionView) -> bool:
    """Whether dependencies end after background tasks and streams in the project's FastAPI."""
    return function.at_least("fastapi", "0.118") or not function.at_least("fastapi", "0.106")


def _is_route(function: FunctionView) -> bool:
    routes = function.index.routes.by_function.get(function.entry.id, ())
    return any(route.label == "route" for route in routes)


def _waits(function: FunctionView) -> Iterator[tuple[Call, str, set[str]]]:
    """Each slow task and stream: its call, what it is called, and the names it uses."""
    tasks: list[tuple[Call, str]] = []
    used: set[str] = set()
    for call, targets in added_tasks(function):
        used |= _names(call) | _names_inside(function, targets)
        if any(is_slow(function, target) for target in targets):
            tasks.append((call, f"the background task `{spoken(targets[0])}`"))
    for call, what in tasks[:1]:
        yield call, what, used
    for call, callee in function.calls():
        if callee and function.knowledge.canonical(callee) == _STREAM:
            names = _stream_names(function, call)
            if names is not None:
                yield call, "the stream", names


def _names(call: Call) -> set[str]:
    """Names that a task is given as they are, and objects whose methods it is."""
    values = [passed_value(argument) for argument in call.arguments]
    found = {value.lstrip("*") for value in values if value.lstrip("*").isidentifier()}
    return found | {root(values[0])}


def _stream_names(function: FunctionView, stream: Call) -> set[str] | None:
    """Names that the generator of a stream uses; None where nobody knows which generator it is."""
    content = stream.argument(0, "content") or ""
    if not content.endswith(")"):
        return None
    for call, callee in function.calls():
        is_inside = (stream.line, stream.column) <= (call.line, call.column) and (
            call.end_line, call.end_column) <= (stream.end_line, stream.end_column)  # fmt: skip
        if (
            is_inside
            and call is not stream
            and f"{call.target}()" == content.partition("(")[0] + "()"
        ):
            names = _names_of_generator(function, call, callee)
            return names if names is None else names | _names_given(function, stream)
    return None


def _names_given(function: FunctionView, stream: Call) -> set[str]:
    """Names that generators use which the generator of a stream is given: `as_csv(columns, rows())`."""
    made = {one.name: one.path for one in function.facts.bindings}
    used: set[str] = set()
    for call in function.facts.calls:
        if not is_inside(call, stream) or call is stream:
            continue
        values = [passed_value(argument) for argument in call.arguments]
        for path in [f"{call.target}()", *(made.get(value, "") for value in values)]:
            called = function.resolve(path[:-2], call.line) if path.endswith("()") else None
            targets = [item.id for item in each(called) if isinstance(item, Function)]
            used |= _names_inside(function, targets)
    return used


def _names_of_generator(function: FunctionView, call: Call, callee: str) -> set[str] | None:
    values = each(function.resolve(call.target, call.line))
    entries = [function.index.function(item.id) for item in values if isinstance(item, Function)]
    if not entries or ":" not in callee:
        return None
    own = _names(call) if call.arguments else {root(call.target)}
    return own | _names_inside(function, [entry.id for entry in entries if entry is not None])


def _names_inside(function: FunctionView, targets: Iterable[str]) -> set[str]:
    """Names that functions use which are defined inside another one, whose names they see."""
    used: set[str] = set()
    for target in targets:
        entry = function.index.function(target)
        if entry is None or not entry.facts.parent:
            continue
        item = entry.facts
        paths = [one.target for one in item.calls] + [one.path for one in item.reads]
        paths += [passed_value(value) for one in item.calls for value in one.arguments]
        paths += [one.path for one in item.bindings] + [one.path for one in item.blocks]
        used |= {root(path.lstrip("*")) for path in paths if path and path[0] not in "'#"}
    return used


def _is_ended(function: FunctionView, held: Held) -> bool:
    """Whether the last the function does with its session is to commit, roll back or close it."""
    name = held.parameter.name
    own = [call for call in function.facts.calls if root(call.target) == name]
    return bool(own) and own[-1].target.rpartition(".")[2] in _ENDING


def _carriers(function: FunctionView, sessions: list[Held]) -> set[str]:
    """The parameters that bring a session, and what was got with them."""
    names = {held.parameter.name for held in sessions}
    for binding in function.facts.bindings:
        if root(binding.path) in names:
            names.add(binding.name)
    return names


def _finding(function: FunctionView, call: Call, what: str, held: Held) -> Finding:
    do = 'Give the dependency `scope="function"`, or commit or close the session before.'
    if not function.at_least("fastapi", "0.121"):
        do = "Open the session in the function, in a `with` block that ends before."
    message = (
        f"The `{held.kind}` of `{spoken(held.dependency)}` stays open, with its connection, until {what} has ended, "
        f"which does not need it. {do}"
    )
    return function.finding(
        call, SEVERITY, message, sink=spoken(held.dependency), fixes=fixes_of(function, held)
    )
