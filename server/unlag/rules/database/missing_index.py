"""missing-index (LAG607): a column is searched by, and no index finds it.

## What it does
Reports columns of models that code on the request path filters, joins or sorts by, and that no index,
unique constraint or primary key begins with, in the model or in an Alembic migration.

## Why it is slow
Without an index the database reads the whole table for each query. On a table of a million rows a lookup
by an unindexed column took 41 ms on SQLite and 85 ms on PostgreSQL, by an indexed one 0.08 and 0.71 ms. On a
table of a few hundred rows nobody notices either way.

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
    name: Mapped[str]  # LAG607
    is_active: Mapped[bool]


def get_session():
    with Sessions() as session:
        yield session


@app.get("/users/{name}")
def by_name(name: str, session: Session = Depends(get_session)):
    return session.scalar(select(User).where(User.name == name))
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
    name: Mapped[str] = mapped_column(index=True)
    is_active: Mapped[bool]


def get_session():
    with Sessions() as session:
        yield session


@app.get("/users/{name}")
def by_name(name: str, session: Session = Depends(get_session)):
    return session.scalar(select(User).where(User.name == name))
```

## Not reported
Booleans and enumerations, of which an index finds too many rows; columns that lead an index of several;
indexes that a migration creates and no other one drops; queries that also compare a column which an
index finds, such as the primary key; comparisons that no index serves, such as `!=` and `ilike`;
models of small tables, such as settings and roles; code that is not on the request path.

## Fix safety
Unsafe: the database only has the index once a migration has created it, and every write keeps it up to
date from then on.

## Sources
Measured with SQLAlchemy 2.0 on SQLite and on PostgreSQL 15 over loopback. PostgreSQL documentation,
"Indexes".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity, Span
from unlag.rules import Subject
from unlag.rules.database._columns import Column
from unlag.rules.database._indexes import is_indexed, searching
from unlag.rules.database._models import Model, model_of
from unlag.rules.view import ClassView, spoken

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.CLASS

_FEW = frozenset({"Boolean", "bool", "Enum", "BOOLEAN"})
_WHOLE = frozenset({"bytes", "LargeBinary", "BLOB", "BYTEA", "JSON", "JSONB", "dict"})
"""An index on all of such a value serves no search, or cannot be made."""
_SMALL = (
    "setting",
    "config",
    "role",
    "permission",
    "category",
    "tag",
    "country",
    "currency",
    "language",
)


def check(view: ClassView) -> Iterator[Finding]:
    """Every column of a model that is searched by without an index."""
    model = model_of(view.index, view.entry.id)
    if model is None or any(word in model.name.lower() for word in _SMALL):
        return
    for column in model.columns.values():
        if column.path != view.entry.path or not _is_own(view, column):
            continue
        if column.type in _FEW | _WHOLE or is_indexed(view.index, model, column):
            continue
        users = searching(view.index, model, column.name)
        if users:
            yield view.finding(
                SEVERITY,
                _message(model, column, users),
                span=_span(view, column),
                sink=column.name,
                fixes=fixes_of(column),
            )


def fixes_of(column: Column) -> tuple[FixOffer, ...]:
    """An index on the column."""
    title = f"Add `index=True` to `{column.name}` (the database needs a migration too)"
    return (FixOffer(title, Safety.UNSAFE, "index_column", (column.name,)),)


def _is_own(view: ClassView, column: Column) -> bool:
    return column.name in view.entry.attributes


def _span(view: ClassView, column: Column) -> Span:
    text = view.index.text_of(column.path) or ""
    lines = text.split("\n")
    line = lines[column.line - 1] if column.line <= len(lines) else ""
    start = len(line) - len(line.lstrip())
    return Span(column.line, start, column.line, start + len(column.name))


def _message(model: Model, column: Column, users: tuple[str, ...]) -> str:
    where = ", ".join(f"`{spoken(user)}`" for user in users[:2])
    more = f" and {len(users) - 2} more" if len(users) > 2 else ""
    search = "searches" if len(users) == 1 else "search"
    return (
        f"{where}{more} {search} by `{model.name}.{column.name}`, which has no index: the database reads the "
        "whole table. Add `index=True`, and a migration that creates it."
    )
