"""filter-in-python (LAG610): rows are loaded to be thrown away.

## What it does
Reports comprehensions that keep some rows of a query without a filter, by comparing their columns, and
loops that do something with some rows alone; also rows that another function gives, and rows sorted by
their columns.

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
Queries with a filter or a limit; rows that are used besides; conditions
that a database cannot check, such as calls of functions, and relationships, or checks in ways of its own, such as
`tag in row.tags` of a JSON column; columns compared with others'
results; conditions that differ from item to item of a loop around, which share all rows among its items; those
that a flag of the function decides (`not only_active or user.is_active`), and those that leave out one row
(`user.id != key`): then most rows are used.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite. SQLAlchemy documentation, "The WHERE clause".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from unlag.finding import Finding, Severity
from unlag.project.syntax import FunctionSyntax
from unlag.rules import Subject
from unlag.rules.database._calls import begins, begins_and_reads, may_query
from unlag.rules.database._certainty import is_flag
from unlag.rules.database._flow import flow_of
from unlag.rules.database._lengths import Comprehension
from unlag.rules.database._loops import item_names, only_chosen
from unlag.rules.database._models import Model, model_of
from unlag.rules.database._prospects import asks_for_all, gives
from unlag.rules.database._sorting import sorted_by
from unlag.rules.database._values import Statement, Taken
from unlag.rules.places import Chain, bound_names, chain_to, dotted, names_in, tree_of
from unlag.rules.view import FunctionView
from unlag.source.paths import opening

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST


def check(view: FunctionView) -> Iterator[Finding]:
    """Every comprehension, loop or `filter` that chooses among all rows of a table."""
    if not (_has_rows(view) and may_query(view.index, view.entry.id) and _chooses(view)):
        return
    if not asks_for_all(view.index, view.entry.id):
        return
    for event in flow_of(view.index, view.entry.id).events:
        if not isinstance(event, Taken) or event.what not in ("filter", "sort"):
            continue
        statement = event.statement
        if statement.limit or statement.is_shaped or statement.is_filtered:
            continue
        tree = tree_of(view.index, view.entry)
        chain = chain_to(tree, event.site)
        if event.what == "sort":
            yield from _sorted(view, tree, chain, event)
            continue
        choice = _choice(chain)
        if tree is None or choice is None or not _is_for_sql(view, statement, choice):
            continue
        if event.variable and _uses(tree.node, event.variable) > 1:
            continue
        if _shares_out(chain, choice) or _hangs_on_a_flag(view, choice):
            continue
        if not isinstance(chain[choice.depth], ast.For | ast.AsyncFor):
            if all(_leaves_out_one(view, statement, condition) for condition in choice.conditions):
                continue
        yield view.finding(
            tree.site(choice.conditions[0]),
            SEVERITY,
            f"Every `{_name(view, statement)}` is loaded, and `{ast.unparse(choice.conditions[0])}` "
            "chooses among them in Python. Put the condition into the query, with `.where(...)`.",
            sink="filter",
            trail=(view.step(event.site, "filter"),),
        )


def _has_rows(view: FunctionView) -> bool:
    """Whether a function reads all rows of a statement, or goes through what one gives that it calls."""
    if begins_and_reads(view.facts, view.links):
        return True
    bindings = view.facts.bindings
    through = {item.path.removesuffix(".for") for item in bindings if item.path.endswith(".for")}
    for call in view.facts.calls:
        if call.target == "sorted":
            through.add(call.argument(0) or "")
        elif call.target.endswith(".sort"):
            through.add(call.target.removesuffix(".sort"))
    through |= {item.path for item in bindings if item.name in through}
    called = {_last_called(path.removesuffix(".await")) for path in through} - {""}
    if called and begins(view.facts, view.links):
        return True
    if not called or not may_query(view.index, view.entry.id):
        return False
    return any(
        target.rpartition(":")[2].rpartition(".")[2] in called and gives(view.index, target)
        for target in {edge.target for edge in view.links.edges}
    )


def _last_called(path: str) -> str:
    """`all` of `repository.all()`."""
    return path[: opening(path)].rpartition(".")[2] if path.endswith(")") else ""


def _sorted(
    view: FunctionView, tree: FunctionSyntax | None, chain: Chain, event: Taken
) -> Iterator[Finding]:
    """The rows of a whole table that are sorted by columns of theirs."""
    call = chain[-2] if len(chain) > 1 else None
    entities = event.statement.entities
    model = model_of(view.index, entities[0]) if len(entities) == 1 else None
    if tree is None or model is None or not isinstance(call, ast.Call):
        return
    if event.variable and _uses(tree.node, event.variable) > 1:
        return
    columns = sorted_by(call)
    if columns and set(columns) <= set(model.columns):
        yield view.finding(
            tree.site(call),
            SEVERITY,
            f"Every `{model.name}` is loaded, and Python sorts them. Let the database sort, with "
            f"`.order_by({', '.join(f'{model.name}.{column}' for column in columns)})`.",
            sink="sort",
            trail=(view.step(event.site, "sort"),),
        )


def _chooses(view: FunctionView) -> bool:
    """Whether the text has a comprehension or a loop with a condition, or sorts: seen without a parse."""
    return _CHOICE.search("\n".join(view.index.lines_in(view.entry))) is not None


_CHOICE = re.compile(
    r"\bfor\s+(\w+)\s+in\b[^:]*(?:\bif\b|:\s*(?:#.*\s*)*if\b)[^:\]})]*\b\1\.\w|\bfilter\(\s*lambda\s+\w+\s*:"
    r"|\bsort(?:ed)?\((?s:.{0,200}?)\bkey="
)


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
            case ast.Call(args=[ast.Lambda(args=ast.arguments(args=[row])) as test, rows]) as call:
                if rows is not chain[depth + 1] or dotted(call.func) != "filter":
                    continue
                return _Choice(ast.Name(row.arg, ast.Store()), [test.body], depth)
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
            if _looks_into(node, row, model):
                return False
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == row:
                    if node.attr not in model.columns:
                        return False
                    columns += 1
        if not columns:
            return False
    return True


def _looks_into(node: ast.AST, row: str, model: Model) -> bool:
    """Whether it asks for an item of a column that is no text, which each database spells its own way."""
    match node:
        case ast.Compare(
            ops=[ast.In() | ast.NotIn()],
            comparators=[ast.Attribute(value=ast.Name(id=name), attr=attribute)],
        ) if name == row and attribute in model.columns:
            return model.columns[attribute].type not in _TEXTS
    return False


_TEXTS = frozenset({"str", "String", "Text", "Unicode", "UnicodeText"})


def _shares_out(chain: Chain, choice: _Choice) -> bool:
    """Whether a loop around asks for other rows each time: a query with the condition would run for each item."""
    asked = set().union(*map(names_in, choice.conditions))
    return any(
        not asked.isdisjoint(item_names(node))
        for node in chain[: choice.depth]
        if isinstance(node, ast.For | ast.AsyncFor | Comprehension)
    )


def _hangs_on_a_flag(view: FunctionView, choice: _Choice) -> bool:
    """Whether a caller says by a parameter that is true or false if anything is left out at all."""
    flags = {item.name for item in view.facts.parameters if is_flag(item)}
    return any(not flags.isdisjoint(names_in(condition)) for condition in choice.conditions)


def _leaves_out_one(view: FunctionView, statement: Statement, condition: ast.expr) -> bool:
    """Whether all rows but one are used: `user.id != key`."""
    match condition:
        case ast.Compare(left=ast.Attribute(attr=name), ops=[ast.NotEq()]):
            model = model_of(view.index, statement.entities[0])
            column = model.columns.get(name) if model is not None else None
            return name in _NAMES or (column is not None and column.is_unique)
    return False


_NAMES = frozenset({"id", "name", "key", "slug", "uuid"})
"""Columns by which one row is told from the others."""


def _uses(function: ast.AST, variable: str) -> int:
    return sum(
        isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )


def _name(view: FunctionView, statement: Statement) -> str:
    model = model_of(view.index, statement.entities[0])
    return model.name if model is not None else "row"
