"""lazy-load-in-loop (LAG602): a loop over rows sends a query for every row.

## What it does
Reports a relationship that code reads from each row of a query which does not load it: in a loop, a
comprehension, a sort key, a property of the model or a function that gets each row. The rows may
come from another function or file; the squiggle stands where they are gone through.

## Why it is slow
A relationship that was not loaded with its rows is loaded when it is first read: one query a row
(N+1). 200 orders with their users were 201 queries and 32 ms on SQLite, 107 ms on PostgreSQL over
loopback; with `selectinload` 2 queries, 6.2 and 22 ms; with `joinedload` one query, 6.9 and 15 ms.
Over a real network each of the 200 also waits for a round trip.

## Bad
```python
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()


def get_session():
    with Sessions() as session:
        yield session


@app.get("/orders")
def names(session: Session = Depends(get_session)) -> list[str]:
    orders = session.scalars(select(Order).limit(100)).all()
    return [order.user.name for order in orders]  # LAG602
```

## Good
```python
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    sessionmaker,
)

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()


def get_session():
    with Sessions() as session:
        yield session


@app.get("/orders")
def names(session: Session = Depends(get_session)) -> list[str]:
    query = select(Order).options(joinedload(Order.user)).limit(100)
    return [order.user.name for order in session.scalars(query)]
```

## Not reported
Relationships that the query loads, on whatever way the option came to it, or that load themselves
(`lazy="selectin"`, `"joined"`, `"subquery"`), or never (`"raise"`, `"dynamic"`, `"write_only"`); the
way back to the parent that a row was reached from; queries with options that cannot be read; rows
that come in as a parameter, where only the caller knows how they were loaded; scripts, start-up
code and tests.

## Fix safety
Safe: the same rows come with the same objects, only loaded beforehand. Collections get
`selectinload`, which sends one more query for all rows; single objects `joinedload`, which joins.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite and on PostgreSQL 15 over loopback, 200 rows. SQLAlchemy
documentation, "Relationship Loading Techniques".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.rules import Subject
from unlag.rules.database._loaders import cure_of, loader_offers
from unlag.rules.database._models import model_of, relationship
from unlag.rules.database._touches import Lazy, lazy_reads, spoken_path
from unlag.rules.database._values import Record
from unlag.rules.view import FunctionView

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST


def check(view: FunctionView) -> Iterator[Finding]:
    """Every relationship that is read from row after row of a query that lacks it."""
    for lazy in lazy_reads(view, _is_row, in_loops=True):
        record = lazy.touch.record
        if _is_row(record):
            yield view.finding(
                lazy.site,
                SEVERITY,
                _message(view, lazy),
                sink=spoken_path(view.index, record, lazy.touch.name),
                trail=lazy.trail,
                fixes=fixes_of(view, lazy),
            )


def _is_row(record: Record) -> bool:
    return record.many and record.session == "sync"


def fixes_of(view: FunctionView, lazy: Lazy) -> tuple[FixOffer, ...]:
    """The loader option on the query that loads the rows."""
    return loader_offers(view, lazy.touch.record, lazy.touch.name)


def _message(view: FunctionView, lazy: Lazy) -> str:
    record, name = lazy.touch.record, lazy.touch.name
    what = spoken_path(view.index, record, name)
    item = relationship(view.index, record.model, name)
    target = model_of(view.index, item.target) if item is not None and item.target else None
    each = "one query each"
    if target is not None and item is not None and not item.is_collection:
        each = f"one query for each `{target.name}` that is not at hand yet"
    return f"`{what}` is loaded row by row, {each}{cure_of(view, lazy)}"
