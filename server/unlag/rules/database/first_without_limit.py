"""first-without-limit (LAG613): every row is fetched to use the first one.

## What it does
Reports `.first()` on the result of a statement in the style of SQLAlchemy 2.0 without `.limit(1)`, where no
filter names a unique column.

## Why it is slow
`Query.first()` of the older style adds `LIMIT 1`; `Result.first()` and `ScalarResult.first()` cannot:
the statement has been sent when they are called. The database sends every row, SQLAlchemy makes an object
of each, and all but one are thrown away. On a table of 100,000 rows `scalars(select(User)).first()` took
1,156 ms on SQLite and 1,119 ms on PostgreSQL, with `.limit(1)` 0.6 and 1.0 ms.

## Bad
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
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


@app.get("/newest")
def newest(session: Session = Depends(get_session)) -> str:
    user = session.scalars(select(User).order_by(User.id.desc())).first()  # LAG613
    return user.name if user else ""
```

## Good
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
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


@app.get("/newest")
def newest(session: Session = Depends(get_session)) -> str:
    user = session.scalars(select(User).order_by(User.id.desc()).limit(1)).first()
    return user.name if user else ""
```

## Not reported
Statements with a limit; filters on the primary key, on unique columns, on columns that are named as tokens,
hashes or UUIDs are, or on two keys of other tables, as of members of a group; filters on columns of a base
class outside the project; the one row of a table of settings; collections that are filled from a join
(`contains_eager`), which a limit would cut; conditions that stand elsewhere; aggregates, groups and other
statements that cannot be followed; `Query.first()` of the older style, which limits itself; `one()` and
`scalar_one_or_none()`, which are there to notice a second row. Information only where a filter can leave one row and
nothing sorts them (`select(Folder).where(Folder.name == name)`): whoever takes the first of those expects just one.

## Fix safety
Safe: the first row is the same. Unsafe where the statement locks its rows (`with_for_update`), which are then fewer.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite and PostgreSQL 15 (`tests/fixes/database_costs.py`).
SQLAlchemy documentation, "Result.first".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.index import Index
from unlag.rules import Subject
from unlag.rules.database._calls import may_query
from unlag.rules.database._columns import Column
from unlag.rules.database._flow import flow_of
from unlag.rules.database._models import model_of
from unlag.rules.database._origins import first_taken_by
from unlag.rules.database._prospects import can_be_loaded
from unlag.rules.database._small_tables import stays_small
from unlag.rules.database._values import Statement, Taken
from unlag.rules.view import FunctionView

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
NEEDS = frozenset({"first"})

_OF_ONE = re.compile(r"(?:^|_)(?:token|hash|digest|fingerprint|checksum|uuid|guid|api_key|jti)$")
"""Names of columns that tell one row from all others, whether or not an index says so."""


def check(view: FunctionView) -> Iterator[Finding]:
    """Every first row that is taken of a whole result."""
    if not may_query(view.index, view.entry.id):
        return
    if not can_be_loaded(view.index, first_taken_by(view.index, view.entry.id)):
        return
    for event in flow_of(view.index, view.entry.id).events:
        if isinstance(event, Taken) and event.what == "first" and _can_be_many(view.index, event):
            yield view.finding(
                event.site,
                SEVERITY if _is_one_of_many(event.statement) else Severity.INFORMATION,
                "`first()` reads one row of a statement without a limit: the database sends every "
                "row it finds. Add `.limit(1)` to the statement.",
                sink="first",
                trail=(view.step(event.site, "first"),),
                fixes=fixes_of(event.statement),
            )


def fixes_of(statement: Statement) -> tuple[FixOffer, ...]:
    """The limit, where the statement is sent."""
    title = "Add `.limit(1)` to the statement"
    if statement.is_locking:
        title = f"{title}: it locks one row, and no longer all that it finds"
        return (FixOffer(title, Safety.UNSAFE, "limit_to_one"),)
    return (FixOffer(title, Safety.SAFE, "limit_to_one"),)


def _can_be_many(index: Index, event: Taken) -> bool:
    statement = event.statement
    if _has_unseen(index, statement):
        return False  # declared by a base class outside the project, where it can be unique
    if statement.limit or statement.is_shaped or statement.is_open or not statement.is_known:
        return False
    if statement.is_vague or statement.fills_from_joins or is_by_key(index, statement):
        return False
    if any(item.how == "=" and _OF_ONE.search(item.column) for item in statement.wheres):
        return False
    model = model_of(index, statement.owner)
    return statement.is_filtered or model is None or not stays_small(model.name)


def _is_one_of_many(statement: Statement) -> bool:
    """Whether several rows are expected: an order chooses among them, or no filter could leave just one."""
    if statement.is_sorted or not statement.is_filtered:
        return True
    return bool(statement.wheres) and all(item.how != "=" for item in statement.wheres)


def _has_unseen(index: Index, statement: Statement) -> bool:
    """Whether a filter names a column that no class of the project declares."""
    return any(
        model_of(index, item.model) is not None
        and index.resolver.member(item.model, item.column) is None
        for item in statement.wheres
        if item.how == "="
    )


def is_by_key(index: Index, statement: Statement) -> bool:
    """Whether filters name a unique column, or all columns of a unique index, so that one row is left."""
    named = {(item.model, item.column) for item in statement.wheres if item.how == "="}
    for model_id in {model for model, _ in named}:
        model = model_of(index, model_id)
        if model is None:
            continue
        equal = {column for owner, column in named if owner == model_id}
        keys = {name for name, item in model.columns.items() if item.is_primary_key}
        if keys and keys <= equal:
            return True
        if any(name in equal and item.is_unique for name, item in model.columns.items()):
            return True
        if any(columns and set(columns) <= equal for columns in model.indexes):
            return True
        if sum(_is_reference(model.columns.get(name), name) for name in equal) > 1:
            return True
    return False


def _is_reference(column: Column | None, name: str) -> bool:
    """Whether a column names a row of another table."""
    return name.endswith("_id") or (column is not None and bool(column.foreign_key))
