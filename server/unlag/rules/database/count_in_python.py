"""count-in-python (LAG609): rows are loaded to be counted.

## What it does
Reports `len(...)`, `sum(1 for _ in ...)` and the truth of all rows of a query, where the rows are used for
nothing else; of Tortoise, Beanie, Motor and PyMongo `len(...)`.

## Why it is slow
The database sends every row and SQLAlchemy makes an object of each, to find out a number that the
database knows by itself. Counting 100,000 rows took 2,389 ms on SQLite and 2,293 ms on PostgreSQL with
`len(....all())`, and 87 and 64 ms with `select(func.count())`: 28 and 36 times as long.

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


@app.get("/count")
def count(session: Session = Depends(get_session)) -> int:
    return len(session.scalars(select(User)).all())  # LAG609
```

## Good
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, func, select
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


@app.get("/count")
def count(session: Session = Depends(get_session)) -> int:
    return session.scalar(select(func.count()).select_from(User)) or 0
```

## Not reported
Rows that are used besides, or that another function gives; queries with a limit, or for a single key;
statements that group, join or come from somewhere else.

## Fix safety
Unsafe: the number is counted when the statement runs, and objects are not loaded into the session any
more. A name that holds rows only to count them becomes that of their number. Offered where the statement stands in
place.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite and on PostgreSQL 15 over loopback. SQLAlchemy documentation,
"select() with func.count()".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.database._calls import BEGINNING, READING, begins, begins_and_reads, may_query
from unlag.rules.database._flow import flow_of
from unlag.rules.database._library_calls import is_count
from unlag.rules.database._object_queries import LIBRARIES, of_objects, query_in
from unlag.rules.database._prospects import can_be_own
from unlag.rules.database._values import Statement, Taken
from unlag.rules.database.first_without_limit import is_by_key
from unlag.rules.places import tree_of
from unlag.rules.view import FunctionView
from unlag.source.paths import opening

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
NEEDS = BEGINNING | LIBRARIES


def check(view: FunctionView) -> Iterator[Finding]:
    """Every query whose rows are only counted, or only asked whether there are any."""
    if any(map(of_objects, view.links.callees)):
        yield from _of_objects(view)
    if not begins(view.facts, view.links):
        return  # its rows are another function's, which others can need whole
    is_counting = _COUNTING.search("\n".join(view.index.lines_in(view.entry))) is not None
    is_taking = is_counting or (begins_and_reads(view.facts, view.links) and _takes(view))
    if not (is_taking and may_query(view.index, view.entry.id)):
        return
    said: set[object] = set()
    for event in flow_of(view.index, view.entry.id).events:
        if not isinstance(event, Taken) or event.what not in ("len", "truth"):
            continue
        statement = event.statement
        if statement.function != view.entry.id:
            continue  # rows of another function, which others can need whole
        if statement.limit or statement.is_shaped or is_by_key(view.index, statement):
            continue
        if event.variable and not _only_counted(view, event.variable):
            continue
        if statement.site in said:
            continue
        said.add(statement.site)
        yield view.finding(
            event.site,
            SEVERITY,
            _message(event),
            sink=event.what,
            trail=(view.step(event.site, event.what),),
            fixes=fixes_of(event),
        )


def _of_objects(view: FunctionView) -> Iterator[Finding]:
    """Objects of Tortoise or Beanie and documents of MongoDB that are loaded for `len`."""
    tree = tree_of(view.index, view.entry)
    for node in ast.walk(tree.node) if tree is not None else ():
        if tree is None or not isinstance(node, ast.Call) or len(node.args) != 1:
            continue
        counted = node.args[0]
        if not isinstance(node.func, ast.Name) or node.func.id != "len":
            continue
        query = query_in(view, tree, counted)
        if query is None or query.is_bounded:
            continue
        if isinstance(counted, ast.Name) and not _only_counted(view, counted.id):
            continue
        site = tree.site(node)
        count = ".count()" if query.model else "count_documents(...)"
        yield view.finding(
            site,
            SEVERITY,
            f"Every `{query.written}` is loaded to be counted. Let the database count, with `{count}`.",
            sink="len",
            trail=(view.step(site, "len"),),
        )


def _takes(view: FunctionView) -> bool:
    """Whether a function counts what can be rows of its own, or asks whether there are some: seen without a parse."""
    counted = {
        call.argument(0) or "" for call in view.facts.calls if call.target in ("len", "bool")
    }
    text = "\n".join(view.index.lines_in(view.entry))
    counted.update(_ASKED.findall(text))
    bound = [item.path for item in view.facts.bindings if item.name in counted]
    counted = {path for path in counted if path.endswith((")", ".await"))}
    rows = [path for path in (*bound, *counted) if _can_be_rows(view, path)]
    return _READ.search(text) is not None or can_be_own(view.index, view.entry.id, rows)


def _can_be_rows(view: FunctionView, path: str) -> bool:
    """Whether an expression reads all rows of something, is another name, or what a function of the project gives."""
    path = path.removesuffix(".await")
    if not path.endswith(")"):
        return True
    name = path[: opening(path)].rpartition(".")[2]
    return name in READING or any(
        ":" in callee and call.target.rpartition(".")[2] == name for call, callee in view.calls()
    )


_COUNTING = re.compile(r"\b(?:len\(\s*\[|sum\(\s*\[?\s*1\s+for\b)")
"""`sum(1 for _ in rows)` and `len([user.id for user in rows])`."""
_ASKED = re.compile(
    r"\b(?:if|elif|while|not|and|or|assert)\s+\(*\s*(\w+)\s*(?=[):,\n]|and\b|or\b|else\b|$)"
)
_READ = re.compile(r"\b(?:if|elif|while|not)\b[^\n]*\.(?:all|fetchall|fetchmany|to_list)\(")


def fixes_of(event: Taken) -> tuple[FixOffer, ...]:
    """The number from the database, or one row to see whether there is one, where the statement stands in place."""
    counted = _counted(event.statement)
    if event.what == "len":
        return counted
    if not event.statement.entities:
        return counted if event.variable else ()
    title = "Load one row to see whether there is one, with `.limit(1)`"
    one = FixOffer(title, Safety.UNSAFE, "first_row")
    return (one, *counted) if event.variable else (one,)


def _counted(statement: Statement) -> tuple[FixOffer, ...]:
    """The number from the database; none where `Query` gives each object once, however many rows it comes in."""
    is_whole = any(statement.entities)
    others = (item for item in statement.wheres if item.how != "order")
    if statement.session and is_whole:
        if statement.is_joined or any(item.model != statement.owner for item in others):
            return ()
    title = "Count in the database, with `func.count()`"
    return (FixOffer(title, Safety.UNSAFE, "count_query", () if is_whole else ("columns",)),)


def _message(event: Taken) -> str:
    if event.what == "len":
        return (
            "Every row is loaded to be counted. Let the database count, with "
            "`select(func.count()).select_from(...)`."
        )
    return (
        "Every row is loaded to see whether there is one. Ask the database, with "
        "`select(exists().where(...))` or `.limit(1)`."
    )


def _only_counted(view: FunctionView, variable: str) -> bool:
    """Whether a name that holds rows is read in `len(...)` and conditions alone."""
    tree = tree_of(view.index, view.entry)
    if tree is None:
        return False
    counted: set[int] = set()
    for node in ast.walk(tree.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if len(node.args) == 1 and is_count(node.args[0], node.func.id):
                counted.add(id(node.args[0].generators[0].iter))
            elif node.func.id in ("len", "bool"):
                counted |= {id(argument) for argument in node.args}
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            counted |= {id(operand) for operand in _operands(node.test)}
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            counted.add(id(node.operand))
    return all(
        id(node) in counted
        for node in ast.walk(tree.node)
        if isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Load)
    )


def _operands(condition: ast.expr) -> Iterator[ast.expr]:
    """A condition, and what it joins with `and` and `or`."""
    yield condition
    if isinstance(condition, ast.BoolOp):
        for operand in condition.values:
            yield from _operands(operand)
