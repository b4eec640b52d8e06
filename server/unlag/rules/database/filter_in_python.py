"""filter-in-python (LAG610): rows are loaded to be thrown away.

## What it does
Reports comprehensions that keep some rows of a query without a filter, by comparing their columns, and
loops that do something with some rows alone.

## Why it is slow
The database sends the whole table and SQLAlchemy makes an object of every row. Filtering 100,000 rows in
Python took 2,231 ms; the same condition in `where(...)` 10.7 ms, and it can use an index.

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


@app.get("/active")
def active(session: Session = Depends(get_session)) -> list[str]:
    users = session.scalars(select(User)).all()
    return [user.name for user in users if user.is_active]  # LAG610
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


@app.get("/active")
def active(session: Session = Depends(get_session)) -> list[str]:
    return list(session.scalars(select(User.name).where(User.is_active)))
```

## Not reported
Queries with a filter or a limit; rows that are used besides, or that another function gives; conditions
that a database cannot check, such as calls of functions, and relationships; columns compared with others'
results; conditions that differ from item to item of a loop around, which share all rows among its items.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite. SQLAlchemy documentation, "The WHERE clause".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from unlag.finding import Finding, Severity
from unlag.rules import Subject
from unlag.rules.database._calls import begins_and_reads, may_query
from unlag.rules.database._flow import flow_of
from unlag.rules.database._lengths import Comprehension
from unlag.rules.database._loops import item_names, only_chosen
from unlag.rules.database._models import model_of
from unlag.rules.database._values import Statement, Taken
from unlag.rules.places import Chain, bound_names, chain_to, names_in, tree_of
from unlag.rules.view import FunctionView

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST


def check(view: FunctionView) -> Iterator[Finding]:
    """Every comprehension that chooses among all rows of a table."""
    if not begins_and_reads(view.facts, view.links):
        return  # its rows are another function's, which others can need whole
    if not (may_query(view.index, view.entry.id) and _chooses(view)):
        return
    for event in flow_of(view.index, view.entry.id).events:
        if not isinstance(event, Taken) or event.what != "filter":
            continue
        statement = event.statement
        if statement.function != view.entry.id:
            continue  # rows of another function, which others can need whole
        if statement.limit or statement.is_shaped or statement.is_filtered:
            continue
        tree = tree_of(view.index, view.entry)
        chain = chain_to(tree, event.site)
        choice = _choice(chain)
        if tree is None or choice is None or not _is_for_sql(view, statement, choice):
            continue
        if event.variable and _uses(tree.node, event.variable) > 1:
            continue
        if _shares_out(chain, choice):
            continue
        yield view.finding(
            tree.site(choice.conditions[0]),
            SEVERITY,
            f"Every `{_name(view, statement)}` is loaded, and `{ast.unparse(choice.conditions[0])}` "
            "chooses among them in Python. Put the condition into the query, with `.where(...)`.",
            sink="filter",
            trail=(view.step(event.site, "filter"),),
        )


def _chooses(view: FunctionView) -> bool:
    """Whether the text has a comprehension or a loop with a condition: seen without a parse."""
    return _CHOICE.search("\n".join(view.index.lines_in(view.entry))) is not None


_CHOICE = re.compile(r"\bfor\b[^:]*\bin\b[^:]*(?:\bif\b|:\s*(?:#.*\s*)*if\b)")


class _Choice(NamedTuple):
    target: ast.expr
    conditions: list[ast.expr]
    depth: int
    """How many nodes stand around the comprehension or loop."""


def _choice(chain: Chain) -> _Choice | None:
    """How the rows at the end of a chain are chosen among."""
    for depth in range(len(chain) - 2, 0, -1):
        match chain[depth]:
            case ast.comprehension(target=target, ifs=[_, *_] as conditions):
                return _Choice(target, conditions, depth - 1)
            case ast.For() | ast.AsyncFor() as loop if depth == len(chain) - 2:
                condition = only_chosen(loop)
                if condition is not None and not _changes(loop, condition):
                    return _Choice(loop.target, [condition], depth)
                return None
            case ast.comprehension():
                return None
    return None


def _changes(loop: ast.For | ast.AsyncFor, condition: ast.expr) -> bool:
    """Whether the loop touches what the condition compares its items with: `if row.id not in seen`."""
    compared = names_in(condition) - bound_names(loop.target)
    statements = [item for item in loop.body if not isinstance(item, ast.If)]
    statements += [inner for item in loop.body if isinstance(item, ast.If) for inner in item.body]
    return any(not compared.isdisjoint(names_in(item)) for item in statements)


def _is_for_sql(view: FunctionView, statement: Statement, choice: _Choice) -> bool:
    """Whether every condition only compares columns of the row with plain values."""
    model = model_of(view.index, statement.entities[0]) if len(statement.entities) == 1 else None
    names = bound_names(choice.target)
    if model is None or len(names) != 1:
        return False
    (row,) = names
    for condition in choice.conditions:
        columns = 0
        for node in ast.walk(condition):
            if isinstance(node, ast.Call | ast.Subscript | ast.Await | ast.NamedExpr | ast.Lambda):
                return False
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == row:
                    if node.attr not in model.columns:
                        return False
                    columns += 1
        if not columns:
            return False
    return True


def _shares_out(chain: Chain, choice: _Choice) -> bool:
    """Whether a loop around asks for other rows each time: a query with the condition would run for each item."""
    asked = set().union(*map(names_in, choice.conditions))
    return any(
        not asked.isdisjoint(item_names(node))
        for node in chain[: choice.depth]
        if isinstance(node, ast.For | ast.AsyncFor | Comprehension)
    )


def _uses(function: ast.AST, variable: str) -> int:
    return sum(
        isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )


def _name(view: FunctionView, statement: Statement) -> str:
    model = model_of(view.index, statement.entities[0])
    return model.name if model is not None else "row"
