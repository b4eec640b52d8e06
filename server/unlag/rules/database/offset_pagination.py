"""offset-pagination (LAG612): pages far back cost as much as all pages before them.

## What it does
Reports `.offset(...)` with a number that comes from outside. Off by default: for the first thousands of
rows an offset does no harm.

## Why it is slow
The database finds and throws away every row before the page. On a table of a million rows `OFFSET
999900` took 31 ms on SQLite and 169 ms on PostgreSQL; `WHERE id > :last ORDER BY id LIMIT 100` 0.23 and
0.55 ms. `OFFSET 1000` took 0.14 and 0.86 ms.

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


@app.get("/users")
def users(page: int, session: Session = Depends(get_session)) -> list[str]:
    query = select(User).order_by(User.id).offset(page * 100).limit(100)  # LAG612
    return [user.name for user in session.scalars(query)]
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


@app.get("/users")
def users(after: int = 0, session: Session = Depends(get_session)) -> list[str]:
    query = select(User).where(User.id > after).order_by(User.id).limit(100)
    return [user.name for user in session.scalars(query)]
```

## Not reported
Fixed offsets; statements that are not sent while a request is served.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite and on PostgreSQL 15 over loopback, a million rows. PostgreSQL
documentation, "LIMIT and OFFSET".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, Severity
from unlag.rules import Subject
from unlag.rules.database._calls import may_query
from unlag.rules.database._flow import flow_of
from unlag.rules.database._values import Sent
from unlag.rules.view import FunctionView

SEVERITY = Severity.HINT
SUBJECT = Subject.REQUEST
NEEDS = frozenset({"offset"})
ENABLED = False


def check(view: FunctionView) -> Iterator[Finding]:
    """Every statement that skips as many rows as somebody asks for."""
    if not any(call.target.endswith(".offset") for call in view.facts.calls):
        return
    if not may_query(view.index, view.entry.id):
        return
    said = set()
    for event in flow_of(view.index, view.entry.id).events:
        if not isinstance(event, Sent) or not event.statement.offset or event.steps:
            continue
        statement = event.statement
        if statement.function == view.entry.id and statement.site not in said:
            said.add(statement.site)
            yield view.finding(
                statement.site,
                SEVERITY,
                "Pages far back cost as much as all rows before them: the database finds and skips "
                "them. Continue after the last key instead: `.where(Model.id > last)`.",
                sink="offset",
                trail=(view.step(statement.site, "offset"),),
            )
