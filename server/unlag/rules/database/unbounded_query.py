"""unbounded-query (LAG608): an endpoint answers with a whole table.

## What it does
Reports endpoints that return every row of a query without filter and limit, and endpoints whose
client chooses the limit without a bound. Also all objects of a class of Tortoise or Beanie, and all documents
of a MongoDB collection.

## Why it is slow
The answer grows with the table: every row is sent, made an object, validated and written as JSON, and
all of them are in memory at once. 50,000 objects took 917 ms to load, two columns of them 43 ms. What is
fast with the rows of a test is what takes the server down a year later.

## Bad
```python
from fastapi import Depends, FastAPI
from pydantic import BaseModel
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


class UserOut(BaseModel):
    id: int
    name: str


def get_session():
    with Sessions() as session:
        yield session


@app.get("/users", response_model=list[UserOut])
def users(session: Session = Depends(get_session)):
    return session.scalars(select(User)).all()  # LAG608


@app.get("/some", response_model=list[UserOut])
def some(limit: int = 100, session: Session = Depends(get_session)):
    return session.scalars(select(User).limit(limit)).all()  # LAG608
```

## Good
```python
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel
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


class UserOut(BaseModel):
    id: int
    name: str


def get_session():
    with Sessions() as session:
        yield session


@app.get("/users", response_model=list[UserOut])
def users(
    limit: Annotated[int, Query(le=100)] = 20, session: Session = Depends(get_session)
):
    return session.scalars(select(User).order_by(User.id).limit(limit)).all()
```

## Not reported
Queries with a filter or a fixed limit, or a limit that `Query(le=...)`, `min(...)` or a class of
parameters bounds; aggregates and groups; tables of settings, roles, categories and the like, which stay
small; rows that the endpoint changes before it returns them.

## Fix safety
Unsafe: a client that asks for more gets an error 422 instead. Offered for limits that the client
chooses; the bound is a guess that you should replace.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite. FastAPI documentation, "Query Parameters and String Validations".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.index import Index
from unlag.rules import Subject
from unlag.rules.database._calls import may_query
from unlag.rules.database._flow import flow_of
from unlag.rules.database._models import model_of
from unlag.rules.database._nearby import calls_near
from unlag.rules.database._object_queries import answered, of_objects
from unlag.rules.database._prospects import gives
from unlag.rules.database._small_tables import stays_small
from unlag.rules.database._values import Known, Rows
from unlag.rules.places import tree_of
from unlag.rules.view import FunctionView, spoken

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST


def check(view: FunctionView) -> Iterator[Finding]:
    """Every answer that is a whole table, or as much of it as the client likes."""
    routes = view.index.routes.by_function.get(view.entry.id, ())
    if not any(route.method == "GET" for route in routes):
        return
    yield from _of_objects(view)
    if not may_query(view.index, view.entry.id) or not gives(view.index, view.entry.id):
        return
    for value, site in flow_of(view.index, view.entry.id).returns:
        rows = _rows_in(value)
        what = _unbounded(view, rows) if rows is not None else ""
        if rows is not None and what:
            yield view.finding(
                site,
                SEVERITY,
                what,
                sink=rows.statement.limit or "no limit",
                trail=(view.step(site, spoken(rows.statement.function)),),
                fixes=fixes_of(rows),
            )


def _of_objects(view: FunctionView) -> Iterator[Finding]:
    """Answers that are all objects of a class of Tortoise or Beanie, or all documents of a collection."""
    if not view.index.recall(_is_near_objects, view.entry.id):
        return
    for node, query in answered(view):
        tree = tree_of(view.index, view.entry)
        if tree is None or query.is_filtered or query.is_bounded or stays_small(query.written):
            continue
        site = tree.site(node)
        yield view.finding(
            site,
            SEVERITY,
            f"This returns every `{query.written}` there is: the query has no limit. Return pages, with "
            "`.limit(...)` and a bound on what a client can ask for.",
            sink="no limit",
            trail=(view.step(site, query.written),),
        )


def _is_near_objects(index: Index, function_id: str) -> bool:
    return calls_near(index, function_id, of_objects)


def fixes_of(rows: Rows) -> tuple[FixOffer, ...]:
    """A bound for the limit that a client chooses."""
    name = rows.statement.limit
    if not name:
        return ()
    title = f"Bound `{name}`, with `Query(le=100)`"
    return (FixOffer(title, Safety.UNSAFE, "bound_limit", (name, "100")),)


def _rows_in(value: Known) -> Rows | None:
    return value if isinstance(value, Rows) and value.is_whole else None


def _unbounded(view: FunctionView, rows: Rows) -> str:
    """What is wrong with a list of rows, or an empty string."""
    statement = rows.statement
    entity = next((entity for entity in statement.entities if entity), "")
    model = model_of(view.index, entity) if entity else None
    if model is None or statement.is_shaped or statement.is_open:
        return ""
    if stays_small(model.name):
        return ""
    if statement.limit and statement.limit != "?":
        return (
            f"The client chooses how many `{model.name}` it gets: `{statement.limit}` has no bound. "
            "Bound it, with `Query(le=...)`."
        )
    if statement.limit or statement.is_filtered:
        return ""
    where = spoken(statement.function)
    return (
        f"This returns every `{model.name}` there is: the query in `{where}` has no limit. "
        "Return pages, with `.limit(...)` and a bound on what a client can ask for."
    )
