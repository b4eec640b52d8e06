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
indexes that a migration creates and no other one drops (on any table, where code makes up the table's
name); queries that also compare a column which an index finds, such as the primary key; comparisons that
no index serves, such as `!=` and `ilike`; models of small tables, such as settings and roles, and models that
a function defines; code that is not on the request path.

## Fix safety
Unsafe: the database only has the index once a migration has created it, and every write keeps it up to
date from then on.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite and on PostgreSQL 15 over loopback. PostgreSQL documentation,
"Indexes".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity, Span
from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.values import Class, each
from unlag.rules import Subject
from unlag.rules.database._columns import Column
from unlag.rules.database._indexes import is_indexed, searching
from unlag.rules.database._models import Model, models_with
from unlag.rules.view import ClassView, spoken
from unlag.source.scopes import MODULE

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.CLASS

_FEW = frozenset({"Boolean", "bool", "BOOLEAN"})
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
    """Every column that a class declares, for itself or its heirs, and that is searched by without an index."""
    models = {
        model.id: model
        for model in models_with(view.index, view.entry.id)
        if not any(word in model.name.lower() for word in _SMALL)
    }
    names = dict.fromkeys((*view.entry.attributes, *_by_hand(models.get(view.entry.id))))
    for name in names if models else ():
        unserved = {key: model for key, model in models.items() if _lacks_index(view, model, name)}
        users = searching(view.index, unserved, name) if unserved else {}
        if users:
            model = unserved[next(iter(users.values()))]
            column = model.columns[name]
            is_shared = len(set(users.values())) > 1
            owner = view.qualname.rpartition(".")[2] if is_shared else model.name
            is_here = column.path == view.entry.path
            yield view.finding(
                SEVERITY,
                _message(owner, name, tuple(users)),
                span=_span(view, column) if is_here else None,
                sink=name,
                fixes=fixes_of(column) if is_here else (),
            )


def fixes_of(column: Column) -> tuple[FixOffer, ...]:
    """An index on the column."""
    title = f"Add `index=True` to `{column.name}` (the database needs a migration too)"
    return (FixOffer(title, Safety.UNSAFE, "index_column", (column.name,)),)


def _by_hand(model: Model | None) -> tuple[str, ...]:
    """The columns of a table that is written down beside the class."""
    columns = model.columns.values() if model is not None else ()
    return tuple(column.name for column in columns if not column.declared_by)


def _lacks_index(view: ClassView, model: Model, name: str) -> bool:
    column = model.columns.get(name)
    if column is None or column.declared_by not in ("", view.entry.id):
        return False
    is_own = bool(column.declared_by) or model.id == view.entry.id
    if not is_own or column.type in _FEW | _WHOLE or _is_enumeration(view.index, column):
        return False
    return not is_indexed(view.index, model, column)


def _is_enumeration(index: Index, column: Column) -> bool:
    """Whether a column holds one of few values: `SAEnum(...)`, or a class of the project that is one."""
    if column.type.lower().endswith("enum"):
        return True
    value = index.resolver.resolve(Place(column.path, MODULE), column.type) if column.type else None
    return any(
        isinstance(item, Class)
        and any(base.startswith("enum.") for base in index.resolver.outside_bases(item.id))
        for item in each(value)
    )


def _span(view: ClassView, column: Column) -> Span:
    lines = view.index.lines_of(column.path)
    line = lines[column.line - 1] if column.line <= len(lines) else ""
    start = len(line) - len(line.lstrip())
    if not column.declared_by:  # the name is an argument
        start = max(line.find(f"{quote}{column.name}{quote}") for quote in "'\"") + 1
    return Span(column.line, start, column.line, start + len(column.name))


def _message(owner: str, column: str, users: tuple[str, ...]) -> str:
    between = ", " if len(users) > 2 else " and "
    where = between.join(f"`{spoken(user)}`" for user in users[:2])
    more = f" and {len(users) - 2} more" if len(users) > 2 else ""
    search = "searches" if len(users) == 1 else "search"
    return (
        f"{where}{more} {search} by `{owner}.{column}`, which has no index: the database reads the "
        "whole table. Add `index=True`, and a migration that creates it."
    )
