"""sync-session-on-loop (LAG604): the event loop waits for a database.

## What it does
Reports calls to a synchronous database session, connection, cursor or driver that a coroutine on
the event loop makes, itself or through plain functions, repositories and injected objects. The
squiggle stands where the coroutine leaves for the database. Such a call is reported by this rule
alone, not by LAG101 or LAG102 too.

## Why it is slow
While the query runs, the loop serves no other request of that worker. A query of 20 ms at a
concurrency of 50 gave 42 requests a second with a synchronous session in `async def`, 1,049 with
the same session in `def`, and 579 with an asynchronous driver. With lookups of 1 ms the plain
`def` still came out ahead, 1,843 requests a second against 549 at a concurrency of 80.

The shortest cure is usually to take `async` away: FastAPI then runs the endpoint in its thread
pool. The other one is an asynchronous session for the whole way:

    engine = create_async_engine("postgresql+asyncpg://...")
    Sessions = async_sessionmaker(engine, expire_on_commit=False)
    user = await session.get(User, user_id)

An asynchronous session never loads a relationship by itself: LAG605 finds what then must be loaded
by the query.

## Bad
`app/users.py`
```python
from sqlalchemy.orm import Session


class Users:
    def __init__(self, session: Session) -> None:
        self.session = session

    def rename(self, user: object) -> None:
        self.session.commit()
```
`app/main.py`
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from app.users import Users

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


def get_session():
    with Sessions() as session:
        yield session


def get_users(session: Session = Depends(get_session)) -> Users:
    return Users(session)


@app.get("/users")
async def read_users(session: Session = Depends(get_session)) -> int:
    return session.scalar(text("select count(*) from users")) or 0  # LAG604


@app.put("/users/{user_id}")
async def rename(user_id: int, users: Users = Depends(get_users)) -> None:
    users.rename(user_id)  # LAG604
```

## Good
`app/main.py`
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))
AsyncSessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


def get_session():
    with Sessions() as session:
        yield session


async def get_async_session():
    async with AsyncSessions() as session:
        yield session


@app.get("/users")
def read_users(session: Session = Depends(get_session)) -> int:
    return session.scalar(text("select count(*) from users")) or 0


@app.get("/orders")
async def read_orders(session: AsyncSession = Depends(get_async_session)) -> int:
    return await session.scalar(text("select count(*) from orders")) or 0
```

## Not reported
`def` endpoints and dependencies; functions handed to a thread or to `run_sync`; what only changes
the session in memory, such as `add`; start-up code, scripts, migrations and tests; sessions whose
type is unknown. A way that runs once (`lru_cache`, `if self.version is None:`) is information.

## Fix safety
Unsafe. Making the endpoint a `def` is offered only where its body awaits nothing and no other
function calls it; it then takes one of the 40 thread-pool tokens, and a connection of the pool
while it runs. In a thread of its own a call must not share its session with other threads.

## Sources
Measured with PostgreSQL 15 on loopback, SQLAlchemy 2.1.9, fastapi 0.165.0 and CPython 3.11.7 on two
shared cores; the direction carries over, the absolute figures do not. SQLAlchemy documentation,
"Asynchronous I/O (asyncio)".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.project.links import Hazard
from unlag.rules import Subject
from unlag.rules.event_loop._boundaries import (
    Boundary,
    boundaries,
    can_be_plain,
    capitalised,
    counterpart_words,
    direct,
    endpoint_to_def_offers,
    helper,
    is_database,
    offers,
    plain_remedy,
    remedy,
    way,
    written,
)
from unlag.rules.places import chain_to, dotted, tree_of
from unlag.rules.view import FunctionView
from unlag.source import facts

SEVERITY = Severity.ERROR
SUBJECT = (Subject.COROUTINE, Subject.PLAIN_ON_LOOP)
_OF_THREAD = ("django.", "peewee.")
"""Libraries that keep a connection, and the transaction in it, for each thread."""
_TRANSACTIONS = frozenset(
    {"atomic", "connection_context", "manual_commit", "savepoint", "transaction"}
)
_ENDS = frozenset({"commit", "rollback", "flush", "close", "remove"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every synchronous database call that a coroutine on the loop makes or leads to."""
    if function.facts.is_async and not function.is_on_loop:
        return
    for hazard in direct(function, "blocking", accepts=_is_database):
        once = hazard.flags & facts.ONCE
        yield function.finding(
            hazard,
            Severity.INFORMATION if once else SEVERITY,
            _direct_message(function, hazard),
            sink=hazard.name,
            trail=(function.step(hazard, hazard.name),),
            fixes=endpoint_to_def_offers(function),
        )
    for boundary in boundaries(function, "blocking", "metadata"):
        if is_database(boundary.hazard):
            yield function.finding(
                boundary.edge,
                boundary.severity(SEVERITY),
                _helper_message(function, boundary),
                sink=boundary.hazard.name,
                trail=boundary.trail,
                fixes=fixes_of(function, boundary),
            )


def fixes_of(function: FunctionView, boundary: Boundary) -> tuple[FixOffer, ...]:
    """The plain endpoint, and a thread at the boundary."""
    if _ends_work_of_thread(boundary.hazard) or _is_in_transaction_of_thread(function, boundary):
        return endpoint_to_def_offers(function)
    # the endpoint first: all that is done with the session is in one thread then
    plain = endpoint_to_def_offers(function)
    found = offers(function, boundary.edge)
    return (*plain, *(offer for offer in found if offer not in plain))


def _ends_work_of_thread(hazard: Hazard) -> bool:
    """Whether it ends what a scoped session has done in this thread; another thread has another session."""
    owner, _, method = hazard.name.rpartition(".")
    return owner == "sqlalchemy.orm.scoped_session" and method in _ENDS


def _is_in_transaction_of_thread(function: FunctionView, boundary: Boundary) -> bool:
    """Whether the call stands in a transaction that another thread would not be in: `with db.atomic():`."""
    if not boundary.hazard.name.startswith(_OF_THREAD):
        return False
    chain = chain_to(tree_of(function.index, function.entry), boundary.edge)
    return any(
        isinstance(item.context_expr, ast.Call)
        and dotted(item.context_expr.func).rpartition(".")[2] in _TRANSACTIONS
        for node in chain
        if isinstance(node, ast.With)
        for item in node.items
    )


def _is_database(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    return is_database(hazard)


def _direct_message(function: FunctionView, hazard: Hazard) -> str:
    call = written(function, hazard)
    spoken = f"`{call}`" if call == hazard.name else f"`{call}` (`{hazard.name}`)"
    meanwhile = "once, on the first call" if hazard.flags & facts.ONCE else "for every query"
    return f"{spoken} is synchronous: the event loop waits for the database {meanwhile}. " + (
        _remedy(function, hazard)
    )


def _remedy(function: FunctionView, hazard: Hazard) -> str:
    entry = function.known(hazard.name, "blocking")
    other = counterpart_words(entry) if entry is not None and entry.counterpart else ""
    if not function.facts.is_async:
        return plain_remedy(function)
    if can_be_plain(function):
        alternative = f", or {other}" if other else ""
        return f"Make `{function.name}` a plain `def`{alternative}."
    if other:
        return f"{capitalised(other)}, or do the database's part in a plain function in a thread."
    return "Do the database's part in a plain function, and run that in a thread."


def _helper_message(function: FunctionView, boundary: Boundary) -> str:
    name = helper(boundary.edge)
    waits = "once, then remembers" if boundary.once else "for the database"
    cure = remedy(function, name, boundary.edge.through, boundary.edge.target)
    if _ends_work_of_thread(boundary.hazard) and not can_be_plain(function):
        cure = "A scoped session belongs to its thread: do all of its work in one that is not the loop's."
    elif _is_in_transaction_of_thread(function, boundary) and not can_be_plain(function):
        cure = "The transaction belongs to its thread: run the whole `with` block in one that is not the loop's."
    return f"`{name}` makes the event loop wait {waits}: {way(boundary)}. {cure}"
