"""async-lazy-load (LAG605): an asynchronous session is made to load a relationship by itself.

## What it does
Reports a relationship that code reads from an object of an `AsyncSession` whose query did not load
it, also through properties, helpers and Pydantic's `model_validate`; and any attribute, or a response
model, that reads an object after a commit, which makes the session forget what it loaded.

## Why it is slow
It does not work: loading needs an `await`, and reading an attribute cannot. SQLAlchemy raises
`MissingGreenlet`; in a response it becomes a `ResponseValidationError`. Where it happens to work,
because the object was loaded earlier in the same session, the next change of the query breaks it.

## Bad
```python
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

app = FastAPI()
Sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


async def get_session():
    async with Sessions() as session:
        yield session


@app.get("/users/{key}/orders")
async def orders(key: int, session: AsyncSession = Depends(get_session)) -> int:
    user = await session.get(User, key)
    return len(user.orders)  # LAG605
```

## Good
```python
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

app = FastAPI()
Sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


async def get_session():
    async with Sessions() as session:
        yield session


@app.get("/users/{key}/orders")
async def orders(key: int, session: AsyncSession = Depends(get_session)) -> int:
    user = await session.get(User, key, options=[selectinload(User.orders)])
    return len(user.orders)
```

## Not reported
Relationships that the query loads or that load themselves; single objects of a class of which the function
has one as a parameter, which the session knows; those named in a `refresh`, read through `awaitable_attrs`,
or read in a function that `run_sync` runs; commits in a project that says `expire_on_commit=False`
anywhere, or hands its sessions options that cannot be read; what was handed to a function since the commit;
objects that come in as a parameter, where only the caller knows how they were loaded; queries with options
that cannot be read; reads in a `try` that catches `MissingGreenlet`, and in branches that are not taken with the
constants on the way there. Information only: single objects that a helper reads, of which a session often has one
already, and which code can set on what it has loaded.

## Fix safety
Safe: what raised is loaded by the query. Collections get `selectinload`, single objects
`joinedload`.

## Sources
Seen with SQLAlchemy 2.1.9 and aiosqlite and asyncpg. SQLAlchemy documentation, "Preventing Implicit IO
when Using AsyncSession".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from unlag.finding import Finding, FixOffer, Severity
from unlag.project.index import Index
from unlag.project.links import Edge
from unlag.project.syntax import NodeSite
from unlag.rules import Subject
from unlag.rules.database._expiry import expires_on_commit
from unlag.rules.database._flow import flow_of
from unlag.rules.database._loaders import cure_of, loader_offers
from unlag.rules.database._models import relationship
from unlag.rules.database._touches import Lazy, lazy_reads, spoken_path
from unlag.rules.database._values import Expired, Record, Rows
from unlag.rules.database.lazy_load_in_response import schema_of
from unlag.rules.event_loop._given import NOTHING, given_by
from unlag.rules.event_loop._ruled_out import is_ruled_out
from unlag.rules.places import chain_to, dotted, tree_of
from unlag.rules.view import FunctionView, spoken

SEVERITY = Severity.ERROR
SUBJECT = Subject.REQUEST
_RAISED = "MissingGreenlet"
_COMMITTING = frozenset({"commit", "begin"})


def check(view: FunctionView) -> Iterator[Finding]:
    """Every relationship of an asynchronous session that is read without having been loaded."""
    if not view.facts.is_async:
        return
    yield from _after_commits(view)
    for lazy in lazy_reads(view, _is_of_async_session):
        record = lazy.touch.record
        if (
            _is_of_async_session(record)
            and not _is_expected(view, lazy)
            and not _is_ruled_out(view.index, lazy)
        ):
            yield view.finding(
                lazy.site,
                _severity(view.index, lazy),
                _message(view, lazy),
                sink=spoken_path(view.index, record, lazy.touch.name),
                trail=lazy.trail,
                fixes=fixes_of(view, lazy),
            )


def _is_of_async_session(record: Record) -> bool:
    return record.session == "async"


def _severity(index: Index, lazy: Lazy) -> Severity:
    """Information for a single object that a helper reads: sessions often have it, and code sets it beforehand."""
    found = relationship(index, lazy.touch.record.model, lazy.touch.name)
    is_single = found is not None and not found.is_collection
    return Severity.INFORMATION if is_single and lazy.touch.steps else SEVERITY


def _is_ruled_out(index: Index, lazy: Lazy) -> bool:
    """Whether a function on the way never comes to the read with the constants it is given."""
    given = NOTHING
    for caller, site, callee in lazy.touch.steps:
        if is_ruled_out(index, caller, site, given):
            return True
        edge = _edge(index, caller, site, callee)
        given = NOTHING if edge is None else given_by(index, caller, edge, given)
    return is_ruled_out(index, lazy.touch.function, lazy.touch.site, given)


def _edge(index: Index, caller: str, site: NodeSite, callee: str) -> Edge | None:
    links = index.links.get(caller)
    place = (callee, site.line, site.column)
    edges = links.edges if links is not None else ()
    return next((e for e in edges if (e.target, e.line, e.column) == place), None)


def _is_expected(view: FunctionView, lazy: Lazy) -> bool:
    """Whether the code catches what a read raises, there or around a call that leads there."""
    touch = lazy.touch
    places = [(touch.function, touch.site), *((caller, site) for caller, site, _ in touch.steps)]
    return any(_is_caught(view, function_id, site) for function_id, site in places)


def _is_caught(view: FunctionView, function_id: str, site: NodeSite) -> bool:
    entry = view.index.function(function_id)
    if entry is None or not any(_RAISED in line for line in view.index.lines_in(entry)):
        return False
    return any(
        below in node.body and any(_catches(handler.type) for handler in node.handlers)
        for node, below in pairwise(chain_to(tree_of(view.index, entry), site))
        if isinstance(node, ast.Try)
    )


def _catches(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted(kind).rpartition(".")[2] == _RAISED for kind in kinds if kind is not None)


def _after_commits(view: FunctionView) -> Iterator[Finding]:
    """Every object that is read after the commit that expired it."""
    if not any(call.target.rpartition(".")[2] in _COMMITTING for call in view.facts.calls):
        return
    if not expires_on_commit(view.index):
        return
    flow = flow_of(view.index, view.entry.id)
    for event in flow.events:
        if isinstance(event, Expired):
            what = f"`{event.name}` is read after the commit"
            yield _expired(view, event.site, event.record, what)
    routes = view.index.routes.by_function.get(view.entry.id, ())
    schema = next((schema_of(view, route) for route in routes if route.answer is not None), "")
    for value, site in flow.returns if schema else ():
        record = value.element if isinstance(value, Rows) else value
        if isinstance(record, Record) and record.expired is not None:
            what = f"`{spoken(schema)}` reads what is returned here after the commit"
            yield _expired(view, site, record, what)


def _expired(view: FunctionView, site: NodeSite, record: Record, what: str) -> Finding:
    line = record.expired.line + view.entry.offset if record.expired is not None else 0
    message = (
        f"{what} in line {line}, which expired it, and an AsyncSession cannot load it here again: it "
        "raises `MissingGreenlet`. Make the sessions with `expire_on_commit=False`, or `await "
        "session.refresh(...)`."
    )
    return view.finding(
        site, SEVERITY, message, sink="expired", trail=(view.step(site, "expired"),)
    )


def fixes_of(view: FunctionView, lazy: Lazy) -> tuple[FixOffer, ...]:
    """The loader option on the query that loads the object."""
    return loader_offers(view, lazy.touch.record, lazy.touch.name)


def _message(view: FunctionView, lazy: Lazy) -> str:
    record, name = lazy.touch.record, lazy.touch.name
    what = spoken_path(view.index, record, name)
    return (
        f"`{what}` is not loaded, and an AsyncSession cannot load it here: it raises "
        f"`MissingGreenlet`{cure_of(view, lazy)}"
    )
