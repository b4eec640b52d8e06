"""lazy-load-in-response (LAG603): FastAPI's validation of the response loads what the query did not.

## What it does
Reports endpoints that return objects of a query under a response model with a field for a
relationship, which the query does not load. Nested models are followed, and so are pages: dicts and
objects that have them under a name.

## Why it is slow
FastAPI reads every field of the response model from the objects. A relationship that was not loaded
is loaded then, one query an object, where no line of the endpoint shows it: a list of 50 rows was 51
queries, with `selectinload` 2, with a model that leaves the relationship out 1. With an
`AsyncSession` it fails with a `ResponseValidationError` (`MissingGreenlet` inside), and with a
session that is closed before the return likewise (`DetachedInstanceError`).

## Bad
```python
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    addresses: Mapped[list["Address"]] = relationship()


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class AddressOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    city: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    addresses: list[AddressOut]


def get_session():
    with Sessions() as session:
        yield session


@app.get("/users", response_model=list[UserOut])
def users(session: Session = Depends(get_session)) -> list[User]:
    return session.scalars(select(User).limit(50)).all()  # LAG603
```

## Good
```python
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    addresses: Mapped[list["Address"]] = relationship()


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class AddressOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    city: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    addresses: list[AddressOut]


def get_session():
    with Sessions() as session:
        yield session


@app.get("/users", response_model=list[UserOut])
def users(session: Session = Depends(get_session)) -> list[User]:
    query = select(User).options(selectinload(User.addresses)).limit(50)
    return session.scalars(query).all()
```

## Not reported
Relationships that the query loads, or that load themselves; a collection of a single object, which is
one query more however it is loaded (a single object's single relationship is information); fields that
the model leaves out (`exclude=True`, `response_model_exclude`, `response_model_include`) or fills under
an alias; `response_model=None`, and one of several models; endpoints that return a response or plain
data; queries with options that cannot be read.

## Fix safety
Safe: the same response, loaded beforehand. Collections get `selectinload`, single objects
`joinedload`.

## Sources
Measured with fastapi 0.165.0, Pydantic 2 and SQLAlchemy 2.1.9 on SQLite, 50 rows. SQLAlchemy
documentation, "Relationship Loading Techniques".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.project.resolver import Place
from unlag.project.routes import Route
from unlag.project.syntax import NodeSite
from unlag.project.values import Instance, Value
from unlag.rules import Subject
from unlag.rules.database._calls import begins, may_query
from unlag.rules.database._flow import flow_of
from unlag.rules.database._loaders import loader_offers
from unlag.rules.database._models import relationship
from unlag.rules.database._prospects import gives
from unlag.rules.database._schemas import fields_of, is_schema, read_by_schema, schema_in
from unlag.rules.database._statements import as_many
from unlag.rules.database._touches import loader_chain, place_of, spoken_path
from unlag.rules.database._values import Known, Made, Record, Rows
from unlag.rules.view import FunctionView, spoken
from unlag.source.scopes import MODULE

SEVERITY = Severity.WARNING
SUBJECT = Subject.ENDPOINT

_CHOOSING = ("response_model_include=", "response_model_exclude=")


def check(view: FunctionView) -> Iterator[Finding]:
    """Every relationship that the response model reads and the query has not loaded."""
    routes = view.index.routes.by_function.get(view.entry.id, ())
    chosen = [route for route in routes if route.answer is not None]
    if not chosen or not may_query(view.index, view.entry.id):
        return
    if not gives(view.index, view.entry.id) and not begins(view.facts, view.links):
        return
    declared = _declared(view, chosen[0])
    schema = schema_of(view, chosen[0])
    if not schema:
        return
    said: set[tuple[str, ...]] = set()
    for value, site in flow_of(view.index, view.entry.id).returns:
        for inner, record in _read(view, schema, declared, value):
            for owner, name in read_by_schema(view.index, inner, record):
                severity = _severity(view, owner, name)
                if severity is not None and (*owner.path, name) not in said:
                    said.add((*owner.path, name))
                    yield _finding(view, site, severity, inner, owner, name)


def _read(
    view: FunctionView, schema: str, declared: Value, value: Known
) -> Iterator[tuple[str, Record]]:
    """The objects that FastAPI reads in what is returned, each with the model that it fills from it."""
    record = _record_in(value)
    if record is not None:
        yield schema, record
    elif isinstance(value, Made):
        held = dict(value.held)
        for field in fields_of(view.index, schema) if held else ():
            record = _record_in(held.get(field.name))
            filled = field.type or _filled(view, declared, field.name)
            if filled and record is not None:
                yield filled, record


def _filled(view: FunctionView, declared: Value, name: str) -> str:
    """The model in a field that a type argument says, as in `Page[User]`."""
    if not isinstance(declared, Instance) or not declared.arguments:
        return ""
    class_id, _ = schema_in(view.index.resolver.attribute(declared, name))
    return class_id if class_id and is_schema(view.index, class_id) else ""


def _severity(view: FunctionView, owner: Record, name: str) -> Severity | None:
    """How much it costs; None for a collection of one object, which is one query more whoever loads it."""
    if owner.many or owner.session == "async":
        return SEVERITY
    found = relationship(view.index, owner.model, name)
    return Severity.INFORMATION if found is not None and not found.is_collection else None


def fixes_of(view: FunctionView, owner: Record, name: str) -> tuple[FixOffer, ...]:
    """The loader option on the query that loads the objects."""
    return loader_offers(view, owner, name)


def schema_of(view: FunctionView, route: Route) -> str:
    """Id of the Pydantic model that FastAPI validates the response with, or empty."""
    answer = route.answer
    if answer is None or answer.model == "None":
        return ""
    if any(option.startswith(_CHOOSING) for option in answer.options):
        return ""
    class_id, _ = schema_in(_declared(view, route))
    return class_id if class_id and is_schema(view.index, class_id) else ""


def _declared(view: FunctionView, route: Route) -> Value:
    """What the response model or the return annotation of a route stands for."""
    answer, resolver = route.answer, view.index.resolver
    if answer is None:
        return None
    if answer.model:
        path, _, qualname = answer.place.rpartition(":")
        return resolver.instance_of(Place(path, qualname), answer.model)
    place = Place(view.entry.path, view.facts.parent or MODULE)
    return resolver.instance_of(place, answer.returns) if answer.returns else None


def _record_in(value: Known) -> Record | None:
    if isinstance(value, Rows):
        return _record_in(as_many(value.element))
    return value if isinstance(value, Record) else None


def _finding(
    view: FunctionView, site: NodeSite, severity: Severity, schema: str, owner: Record, name: str
) -> Finding:
    what = spoken_path(view.index, owner, name)
    chain = ".".join(loader_chain(view.index, owner.statement, owner, name))
    cure = f"Add `.options({chain})` to" if chain else "Load it with"
    happens = "one query for each object" if owner.many else "with a query of its own"
    if owner.session == "async":
        happens = "which an AsyncSession cannot do there: the response fails with `MissingGreenlet`"
    message = (
        f"`{spoken(schema)}` reads `{what}`, which the query did not load: FastAPI loads it while "
        f"it validates the response, {happens}. {cure} {place_of(view, owner.statement)}."
    )
    return view.finding(
        site,
        severity,
        message,
        sink=what,
        trail=(view.step(site, what),),
        fixes=fixes_of(view, owner, name),
    )
