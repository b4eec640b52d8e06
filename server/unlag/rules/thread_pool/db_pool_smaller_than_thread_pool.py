"""db-pool-smaller-than-thread-pool (LAG207): threads wait for one of fifteen connections.

## What it does
Reports `create_engine` without a word about its pool, where at least five `def` endpoints, or endpoints
with `def` dependencies, of the project use the database.

## Why it is slow
SQLAlchemy's pool keeps 5 connections and opens 10 more; FastAPI runs up to 40 `def` endpoints at once. The
sixteenth holds its thread until a connection is free, and fails after 30 seconds. Forty concurrent requests of
0.5 s took 1.6 to 1.8 s with the default pool and 0.6 to 0.7 s with `pool_size=40`.

## Bad
```python
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("postgresql+psycopg://shop.example/shop")  # LAG207


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


@app.get("/a")
def one(session: SessionDep) -> None:
    session.execute(text("select 1"))


@app.get("/b")
def two(session: SessionDep) -> None:
    session.execute(text("select 2"))


@app.get("/c")
def three(session: SessionDep) -> None:
    session.execute(text("select 3"))


@app.get("/d")
def four(session: SessionDep) -> None:
    session.execute(text("select 4"))


@app.get("/e")
def five(session: SessionDep) -> None:
    session.execute(text("select 5"))
```

## Good
```python
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop.example/shop", pool_size=20, max_overflow=20)
```

## Not reported
Engines with `pool_size`, `max_overflow`, `poolclass`, `pool` or arguments that are not written down; SQLite
in memory, and SQLite files before SQLAlchemy 2, which has no pool for them; asynchronous engines; engines
that no request uses, are made for one request or one connection, or serve few endpoints; functions that make
engines and that nobody calls.

## Fix safety
Unsafe: the database gets up to 40 connections from every worker, and must allow that many.

## Sources
Measured with SQLAlchemy 2.1.9 and PostgreSQL 15 on two shared cores. SQLAlchemy documentation, "Connection
Pooling".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.thread_pool._databases import endpoints_with_database, is_for_requests
from unlag.rules.view import FunctionView, as_written
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.FUNCTION
NEEDS = frozenset({"create_engine"})

_ENGINE = "sqlalchemy.create_engine"
_SIZING = ("pool_size", "max_overflow", "poolclass", "pool", "creator")
_IN_MEMORY = frozenset({"'sqlite://", "'sqlite:///:memory:", "'sqlite+pysqlite:///:memory:"})
_MANY = 5


def check(function: FunctionView) -> Iterator[Finding]:
    """Every engine with the default pool that `def` endpoints share."""
    for call, callee in function.calls():
        if not callee.endswith("create_engine") or not _is_default(call):
            continue
        if not function.knowledge.canonical(callee).endswith(_ENGINE) and (
            callee != "sqlmodel.create_engine"
        ):
            continue
        if _has_no_pool(function, call):
            continue
        if call.flags & facts.CONSUMED or not is_for_requests(function, call):
            continue
        count = endpoints_with_database(function.index)
        if count >= _MANY:
            message = (
                f"`{as_written(call)}` keeps SQLAlchemy's default pool of 5 connections and 10 more, but up to "
                f"40 threads run the {count} endpoints here that ask the database in a thread: the sixteenth "
                "waits, and fails after 30 seconds. Pass `pool_size=` and `max_overflow=`."
            )
            yield function.finding(call, SEVERITY, message, sink=_ENGINE, fixes=fixes_of())


def fixes_of() -> tuple[FixOffer, ...]:
    """A connection for each thread."""
    title = "Let the pool open 40 connections: `pool_size=20, max_overflow=20`"
    return (FixOffer(title, Safety.UNSAFE, "pool_size", ("20", "20")),)


def _has_no_pool(function: FunctionView, call: Call) -> bool:
    """Whether the engine opens a connection each time: SQLite files before SQLAlchemy 2."""
    is_sqlite = (call.argument(0, "url") or "").startswith("'sqlite:")
    return is_sqlite and function.is_before("sqlalchemy", "2.0")


def _is_default(call: Call) -> bool:
    if any(argument.startswith("*") for argument in call.arguments):
        return False
    if call.argument(0, "url") in _IN_MEMORY:
        return False
    return all(call.keyword(name) is None for name in _SIZING)
