"""session-held-across-slow-call (LAG615): a transaction stays open while another service is asked.

## What it does
Reports calls over the network after a use of a database session that has begun a transaction, where
nothing has ended it. The session is one that the function is handed, or opens for a `with` block.

## Why it is slow
From its first query on a session holds a connection of the pool, until it commits, rolls back or is
closed. While the request waits for a service, nobody else can use it: with the default pool (5 and 10
more) 40 concurrent requests that waited 0.5 s took 1.6 to 1.8 s, with a `commit()` before the slow part
0.64 s. With a short `pool_timeout` some of them fail instead. Rows that were written stay locked.

## Bad
```python
import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
client = httpx.Client()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_active: Mapped[bool]


def get_session():
    with Sessions() as session:
        yield session


@app.post("/users/{key}/check")
def check(key: int, session: Session = Depends(get_session)) -> None:
    user = session.get(User, key)
    answer = client.get(f"https://checks.example/{user.name}")  # LAG615
    user.is_active = answer.status_code == 200
    session.commit()
```

## Good
```python
import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
client = httpx.Client()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_active: Mapped[bool]


def get_session():
    with Sessions() as session:
        yield session


@app.post("/users/{key}/check")
def check(key: int, session: Session = Depends(get_session)) -> None:
    name = session.scalars(select(User.name).where(User.id == key)).one()
    session.commit()
    answer = client.get(f"https://checks.example/{name}")
    session.get(User, key).is_active = answer.status_code == 200
    session.commit()
```

## Not reported
Services that are asked before the first query; a commit, rollback or close between; what stands in a
branch, an `except` or a loop; sessions that are opened and closed by a helper itself; clients that are
closed; calls nobody knows.

## Sources
Measured with SQLAlchemy 2.1.9 and PostgreSQL 15 over loopback, 40 concurrent requests in `def` endpoints.
SQLAlchemy documentation, "Connection Pooling".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from unlag.finding import Finding, Severity, Step
from unlag.project.values import ExternalInstance, Instance, Value, each
from unlag.rules import Subject
from unlag.rules.database._calls import query_of
from unlag.rules.database._kept_sessions import HELD, kept_session
from unlag.rules.database._reaches import Behind, behind, commit, edges_at, statement
from unlag.rules.nodes import own_nodes
from unlag.rules.places import tree_of
from unlag.rules.view import FunctionView, as_written, spoken
from unlag.source import facts
from unlag.source.facts import Call, passed_value
from unlag.source.paths import root

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST

_UNSURE = facts.CONDITIONAL | facts.ONCE | facts.IN_EXCEPT | facts.IN_LOOP | facts.AFTER_YIELD
_ENDING = frozenset({"commit", "rollback", "close", "aclose", "expunge_all", "remove"})
_CLOSING = frozenset({"close", "aclose"})
_SERVICES = (
    "httpx.", "httpx2.", "aiohttp.", "requests.", "openai.", "anthropic.", "stripe.", "urllib.request.",
    "urllib3.", "smtplib.", "google.genai.", "mistralai.", "cohere.", "groq.", "litellm.", "twilio.",
)  # fmt: skip


def check(view: FunctionView) -> Iterator[Finding]:
    """Every service that is asked in the middle of a transaction."""
    slow = [
        (call, way)
        for call, callee in view.calls()
        if callee and not call.flags & _UNSURE and (way := _asks_service(view, call, callee))
    ]
    if not slow:
        return
    opened = _opened(view)
    uses = list(_uses(view, {item.name for item in opened}))
    held = {name: _held_by(view, name) for _, used, _ in uses for name in used}
    held |= {item.name: item.name for item in opened}
    uses = [(call, {name for name in used if held[name]}, ends) for call, used, ends in uses]
    for call, way in slow:
        # what a `with` around the call opens is open; what others open or begin has ended, or not begun yet
        elsewhere = [item for item in opened if not item.first <= call.line <= item.last]
        session = _open_at(call, _without(uses, elsewhere))
        if session:
            yield view.finding(
                call, SEVERITY, _message(call, way, held[session]), sink=way[-1].call, trail=way
            )
            return


_ENTERS = facts.ENTERED | facts.ASYNC_ENTERED


class _Opened(NamedTuple):
    """A `with` block that opens a session or begins a transaction: its lines in the numbering of facts."""

    name: str
    first: int
    last: int


def _opened(view: FunctionView) -> tuple[_Opened, ...]:
    """The blocks of a function that open a session under a name, or begin a transaction of one."""
    if not view.facts.blocks and not any(call.flags & _ENTERS for call in view.facts.calls):
        return ()
    tree = tree_of(view.index, view.entry)
    found = []
    for node in own_nodes(tree.node) if tree is not None else ():
        if tree is None or not isinstance(node, ast.With | ast.AsyncWith):
            continue
        first, last = tree.line(node.body[0]), tree.site(node.body[-1]).end_line
        for item in node.items:
            name = _opened_name(view, item, first)
            if name:
                found.append(_Opened(name, first, last))
    return tuple(found)


def _opened_name(view: FunctionView, item: ast.withitem, line: int) -> str:
    match item:
        case ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="begin", value=owner))) if (
            isinstance(owner, ast.Name) and _resolves_to_session(view, owner.id, line)
        ):
            return owner.id
        case ast.withitem(optional_vars=ast.Name(id=name)) if _resolves_to_session(
            view, name, line
        ):
            return name
    return ""


def _resolves_to_session(view: FunctionView, name: str, line: int) -> bool:
    return any(_is_session(view, value) for value in each(view.resolve(name, line)))


_Use: TypeAlias = tuple[Call, set[str], bool]
"""A call, the names of those sessions it is about, and whether it ends a transaction."""


def _uses(view: FunctionView, opened: set[str]) -> Iterator[_Use]:
    """The calls that ask the database, about parameters that are objects or sessions, or about what is opened."""
    names = opened | {item.name for item in view.facts.parameters if _may_hold(view, item.name)}
    for call, callee in view.calls():
        used = _names(call) & names if callee else set()
        is_use, ends = _uses_database(view, call, callee) if used else (False, False)
        if is_use or ends:
            yield call, used, ends


def _may_hold(view: FunctionView, name: str) -> bool:
    values = each(view.resolve(name, view.facts.line))
    return any(isinstance(value, Instance) or _is_session(view, value) for value in values)


def _without(uses: list[_Use], elsewhere: list[_Opened]) -> list[_Use]:
    """Uses but for those inside of blocks that a place is not in: their transaction ended with the block."""
    return [
        (call, used - ended, ends)
        for call, used, ends in uses
        for ended in [{item.name for item in elsewhere if item.first <= call.line <= item.last}]
    ]


def _held_by(view: FunctionView, name: str) -> str:
    """The path from a parameter to the session or connection that it is or keeps; empty where it has none."""
    values = each(view.resolve(name, view.facts.line))
    if any(_is_session(view, value) for value in values):
        return name
    kept = (kept_session(view.index, item.id) for item in values if isinstance(item, Instance))
    return next((f"{name}.{session}" for session in kept if session), "")


def _names(call: Call) -> set[str]:
    """What a call is made on, and the plain names it is handed."""
    return {root(call.target), *(passed_value(argument) for argument in call.arguments)}


def _asks_service(view: FunctionView, call: Call, callee: str) -> tuple[Step, ...]:
    """The way from a call to a request over the network."""
    if ":" not in callee:
        name = view.knowledge.canonical(callee)
        known = view.known(callee, "blocking", "awaitable")
        asks = known and name.startswith(_SERVICES) and not _closes(name)
        return (view.step(call, name),) if asks else ()
    for edge in edges_at(view, call):
        found = behind(view, edge.target, service)
        if found is not None:
            return (view.step(call, spoken(edge.target)), *found.steps)
    return ()


def service(knowledge: object, call: Call, callee: str) -> str:
    """Accepts requests over the network."""
    if not callee.startswith(_SERVICES) or _closes(callee):
        return ""
    return callee if call.flags & facts.AWAITED or callee.startswith(_BLOCKING) else ""


def _closes(name: str) -> bool:
    return name.rpartition(".")[2] in _CLOSING


_BLOCKING = (
    "httpx.get", "httpx.post", "httpx.put", "httpx.delete", "httpx.request", "httpx.Client.", "requests.",
    "urllib.request.urlopen", "smtplib.SMTP", "stripe.", "openai.OpenAI",
)  # fmt: skip


def _uses_database(view: FunctionView, call: Call, callee: str) -> tuple[bool, bool]:
    """Whether a call surely asks the database, and whether it ends a transaction."""
    if ":" not in callee:
        ends = callee.rpartition(".")[2] in _ENDING
        return bool(query_of(view.knowledge, callee)) and not call.flags & _UNSURE, ends
    edges = [edge for edge in edges_at(view, call) if not edge.flags & _UNSURE]
    ways = [way for edge in edges if (way := behind(view, edge.target, statement))]
    asks = any(not _opens_its_own(view, way) for way in ways)
    return asks, any(behind(view, edge.target, commit) for edge in edges)


def _opens_its_own(view: FunctionView, way: Behind) -> bool:
    """Whether a helper's statement goes over a session that a function on the way there opens for it."""
    for step in way.steps:
        function_id = f"{step.path}:{step.function}"
        entry = view.index.function(function_id)
        if entry is None:
            continue
        for binding in entry.facts.bindings:
            values = each(view.resolve(binding.name, step.line - entry.offset, function_id))
            if any(_is_session(view, value) for value in values):
                return True
    return False


def _is_session(view: FunctionView, value: Value) -> bool:
    return isinstance(value, ExternalInstance) and view.knowledge.is_a(value.name, HELD)


def _open_at(call: Call, uses: list[_Use]) -> str:
    """The name of what holds a session at a call: used before, and not ended since."""
    place = (call.line, call.column)
    held: dict[str, bool] = {}
    for other, used, ends in sorted(uses, key=lambda item: (item[0].line, item[0].column)):
        if (other.line, other.column) < place:
            held.update(dict.fromkeys(used, not ends))
    return next((name for name in sorted(held) if held[name]), "")


def _message(call: Call, way: tuple[Step, ...], session: str) -> str:
    chain = f": {' → '.join(step.call for step in way)}" if len(way) > 1 else ""
    return (
        f"`{as_written(call)}` asks another service while `{session}` holds a connection with an open "
        f"transaction{chain}. Ask before the first query, or commit before you ask."
    )
