"""unbounded-query (LAG608): an endpoint answers with a whole table.

## What it does
Reports endpoints that answer with every row of a query without filter and limit, or with something made
of each, and endpoints that load as many rows as the client asks for, without a bound, itself or through a
dependency, whatever they make of them. Also all objects of a class of Tortoise or Beanie, and all documents
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
Queries with a filter or a fixed limit, or a limit that `Query(le=...)`, `min(...)`, a comparison such
as `if limit > 100` or a class of parameters bounds; aggregates and groups; tables of settings, roles,
categories and the like, which stay small; rows of which only some are answered; statements that somebody
unknown narrows; rows that the endpoint changes before it returns them. Information only where a whole table is
returned: nothing tells how long it gets.

## Fix safety
Unsafe: a client that asks for more gets an error 422 instead, and one that asks for nothing in particular gets a
hundred. Offered for limits that the client chooses, and where the query stands in the endpoint itself; the bound
is a guess that you should replace, and pages want an order.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite. FastAPI documentation, "Query Parameters and String Validations".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from unlag.finding import Finding, FixOffer, Safety, Severity, Step
from unlag.project.index import Index
from unlag.project.syntax import NodeSite
from unlag.rules import Subject
from unlag.rules.database._calls import may_query
from unlag.rules.database._client_numbers import chosen_by_client
from unlag.rules.database._flow import flow_of
from unlag.rules.database._models import model_of
from unlag.rules.database._object_queries import answered, of_objects, query_in
from unlag.rules.database._prospects import asks_for_all
from unlag.rules.database._small_tables import stays_small
from unlag.rules.database._statements import ONE
from unlag.rules.database._values import Made, Rows, Sent, Statement, Taken, all_of
from unlag.rules.nearby import calls_near
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView, Site, spoken

Asked: TypeAlias = tuple[Statement, NodeSite, tuple[Step, ...]]
"""A statement, its place in the endpoint, and the way from there."""

SEVERITY = Severity.WARNING
_WHOLE_TABLE = Severity.INFORMATION
"""No code says how many rows a table gets: of 16 such findings that were judged, 9 were of tables that grow."""
SUBJECT = Subject.ENDPOINT


def check(view: FunctionView) -> Iterator[Finding]:
    """Every answer that is a whole table, or as much of it as the client likes."""
    routes = view.index.routes.by_function.get(view.entry.id, ())
    if not any(route.method == "GET" for route in routes):
        return
    yield from _of_objects(view)
    if not may_query(view.index, view.entry.id):
        return
    said: set[tuple[str, NodeSite]] = set()
    for statement, site, trail in (*_returned(view), *_sent(view)):
        what = _unbounded(view, statement)
        begun = (statement.function, statement.site)
        if what and begun not in said:
            said.add(begun)
            yield view.finding(
                site,
                SEVERITY if statement.limit else _WHOLE_TABLE,
                what,
                sink=statement.limit or "no limit",
                trail=trail,
                fixes=fixes_of(statement)
                if statement.limit
                else _offers(view, site, statement.function),
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
        is_here = bool(query.model) and query_in(view, tree, node) is not None
        yield view.finding(
            site,
            _WHOLE_TABLE,
            f"This returns every `{query.written}` there is: the query has no limit. Return pages, with "
            "`.limit(...)` and a bound on what a client can ask for.",
            sink="no limit",
            trail=(view.step(site, query.written),),
            fixes=_offers(view, site, view.entry.id if is_here else ""),
        )


def _is_near_objects(index: Index, function_id: str) -> bool:
    return calls_near(index, function_id, of_objects)


def _returned(view: FunctionView) -> Iterator[Asked]:
    """The statements of which all rows are the answer, at the place where they are returned."""
    if not asks_for_all(view.index, view.entry.id):
        return
    flow = flow_of(view.index, view.entry.id)
    taken = [event for event in flow.events if isinstance(event, Taken)]
    worked_on = {item.statement.site for item in taken if item.what in ("filter", "sort")}
    for value, site in flow.returns:
        statement = all_of(value) if isinstance(value, Rows | Made) else None
        if statement is None or (isinstance(value, Made) and statement.site in worked_on):
            continue  # LAG610 says it
        yield statement, site, (view.step(site, spoken(statement.function)),)


def _sent(view: FunctionView) -> Iterator[Asked]:
    """The statements that give as many rows as the client likes, at the place where the endpoint has them sent."""
    if not chosen_by_client(view.index, view.entry.id):
        return
    events = flow_of(view.index, view.entry.id).events
    single = {event.statement.site for event in events if isinstance(event, Taken)}
    for event in events:
        if not isinstance(event, Sent) or event.how in ONE or event.how == "count":
            continue
        if event.statement.limit not in ("", "?") and event.statement.site not in single:
            places = (*event.steps, (event.function, event.site, event.how))
            trail = tuple(view.step_in(where, at, spoken(what)) for where, at, what in places)
            yield event.statement, places[0][1], trail


def fixes_of(statement: Statement) -> tuple[FixOffer, ...]:
    """A bound for the limit that a client chooses."""
    name = statement.limit
    if not name.isidentifier():
        return ()
    title = f"Bound `{name}`, with `Query(le=100)`"
    return (FixOffer(title, Safety.UNSAFE, "bound_limit", (name, "100")),)


def _offers(view: FunctionView, site: Site, function_id: str) -> tuple[FixOffer, ...]:
    """A limit for a query that stands where its rows are returned."""
    names = {item.name for item in view.facts.parameters}
    names |= {item.name for item in view.facts.bindings}
    chain = chain_to(tree_of(view.index, view.entry), site)
    if function_id != view.entry.id or "limit" in names or not chain:
        return ()
    if not isinstance(chain[-1], ast.Call | ast.Await):
        return ()
    title = "Give 100 at most, or fewer if the client asks for a smaller `limit`"
    return (FixOffer(title, Safety.UNSAFE, "limit_rows", ("100",)),)


def _unbounded(view: FunctionView, statement: Statement) -> str:
    """What is wrong with the rows of a statement, or an empty string."""
    columns = statement.owner if statement.is_known else ""
    entity = next((entity for entity in statement.entities if entity), columns)
    model = model_of(view.index, entity) if entity else None
    if model is None or statement.is_shaped or statement.is_open:
        return ""
    if stays_small(model.name):
        return ""
    if statement.limit and statement.limit != "?":
        return (
            f"The client chooses how many `{model.name}` it gets: `{statement.limit}` has no bound. "
            f"Bound it, with `{'Query(le=...)' if statement.limit.isidentifier() else 'le='}`."
        )
    if statement.limit or statement.is_filtered or statement.is_vague:
        return ""
    where = spoken(statement.function)
    return (
        f"This returns every `{model.name}` there is: the query in `{where}` has no limit. "
        "Return pages, with `.limit(...)` and a bound on what a client can ask for."
    )
