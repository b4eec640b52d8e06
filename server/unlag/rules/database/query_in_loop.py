"""query-in-loop (LAG601): a loop asks the database once for every item.

## What it does
Reports statements that a loop or comprehension sends for each of its items, itself or through
functions of the project, and functions that `map` runs for each item where all are taken, as in
`list(map(load, keys))`: selects, `get`, `refresh`, inserts and updates a row, `find_one` of MongoDB,
single keys of Redis, relations of Tortoise that are awaited row by row, and objects of Tortoise and Beanie
that are saved one by one. The statement, or what is passed to the function, depends on the item.

## Why it is slow
Every statement waits for a round trip to the database, whatever it asks. 200 single lookups took 32 ms
on SQLite, where there is no network, and 107 ms on PostgreSQL over loopback; one query for all of
them 7 and 15 ms. 300 rows inserted by a statement each, in one transaction, took 52 and 63 ms; one
`execute(insert(User), rows)` 16 and 8 ms.

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


@app.post("/names")
def names(keys: list[int], session: Session = Depends(get_session)) -> list[str]:
    found = []
    for key in keys:
        user = session.get(User, key)  # LAG601
        found.append(user.name if user else "")
    return found
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


@app.post("/names")
def names(keys: list[int], session: Session = Depends(get_session)) -> list[str]:
    users = session.scalars(select(User).where(User.id.in_(keys)))
    by_key = {user.id: user.name for user in users}
    return [by_key.get(key, "") for key in keys]
```

## Not reported
Statements with `in_(...)` for all items; loops over lists of which a client can send 20 items at most
(`Field(max_length=20)`, `Query(max_length=20)`), over chunks, pages, retries, enumerations, fixed lists,
also those that all callers write down (`load(session, ["a", "b"])`), and what a function puts together of
fixed items, loops that end at the first hit, and `while` loops;
loops in a branch whose items are each a job of many calls; loops that give every item a transaction of
its own, in which it writes; statements in a branch of the loop, such as behind a cache; what a function
does only in a branch, in a `while`, or after an early answer such as `if key in known: return
known[key]`; statements that carry many rows; commits, which are LAG611's, and relationships, which are
LAG602's; helpers that send it through a parameter without annotation, of which only callers tell the
type; statements whose text takes the table from a variable, as `insert(tables[name])` does from the item, that
define something, or that a function gives one by one; scripts, start-up code and tests.
Information only where each item is a job of its own, one run of which comes to more than 64 functions of the
project or to 12 statements: no one query can take the place of those, and such items are few; and for `sqlite3`,
where no statement waits for a round trip; what only a scheduler's jobs, or tasks that the program starts itself,
come to, for which no client waits; in migrations; where each round also waits for another service or a program, or
removes a file; and where a helper is a context that each item enters, or keeps its change in a savepoint.

## Fix safety
Unsafe, and offered for `session.get` and look-ups of one row by a unique column, by keys of the column's own type, in
loops that write nothing: the rows are loaded before the loop, all at once.

## Sources
Measured with SQLAlchemy 2.1.9 on SQLite and on PostgreSQL 15 over loopback, the inserts behind a Unix
socket (`tests/fixes/database_costs.py`), on two shared cores; the ratios carry over. SQLAlchemy
documentation, "ORM Querying Guide"; SQLite documentation, "Many Small Queries Are Efficient In SQLite".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from unlag.finding import Finding, Severity
from unlag.rules import Subject
from unlag.rules.database._between_waits import waits_for_service
from unlag.rules.database._calls import is_of_no_rows, is_through_untyped, sends_many, sent_query
from unlag.rules.database._hoisting import hoist_offers
from unlag.rules.database._jobs import gives_jobs
from unlag.rules.database._loops import Loop, loop_around
from unlag.rules.database._mapped_calls import mapped_calls
from unlag.rules.database._own_statements import sends_own_statement
from unlag.rules.database._own_transactions import is_of_its_own
from unlag.rules.database._reaches import Behind, behind, commit, edges_at, statement
from unlag.rules.database._scheduled import serves_no_client
from unlag.rules.database._tortoise import waited_relations
from unlag.rules.database._transactions import has_own_transaction
from unlag.rules.database._way_places import is_migration
from unlag.rules.database._written_rows import written_rows
from unlag.rules.database.commit_in_loop import commits_per_item
from unlag.rules.nodes import all_nodes
from unlag.rules.view import FunctionView, as_written, spoken
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST

_MANY_KEYS = re.compile(r"\bin\s*\($", re.IGNORECASE)
_SELDOM = facts.ONCE | facts.IN_EXCEPT


def check(view: FunctionView) -> Iterator[Finding]:
    """Every statement that a loop sends for each of its items."""
    for call, callee in view.calls():
        if not call.flags & facts.IN_LOOP or call.flags & _SELDOM or not callee:
            continue
        way = _way(view, call, callee)
        loop = loop_around(view, call) if way is not None else None
        if way is None or loop is None:
            continue
        if not loop.depends_on_item(loop.inside[-1]) or commits_per_item(view, call, callee):
            continue
        if ":" not in callee and (_asks_for_many(loop) or sends_own_statement(loop)):
            continue
        if has_own_transaction(view, loop, call.line):
            continue
        yield view.finding(
            call,
            _severity(view, call, callee, loop, way),
            _message(call, loop.words, way),
            sink=way.name,
            trail=way.steps,
            fixes=hoist_offers(view, loop) if ":" not in callee else (),
        )
    yield from _mapped(view)
    for waited in waited_relations(view):
        yield view.finding(
            waited.site,
            SEVERITY,
            f"`{waited.written}` asks the database once for every item {waited.words}. Load it with the rows, "
            f'with `.prefetch_related("{waited.relation}")`.',
            sink=waited.relation,
            trail=(view.step(waited.site, waited.written),),
        )
    for row in written_rows(view):
        cure = _cure(f"{row.library}.")
        yield view.finding(
            row.site,
            SEVERITY,
            f"`{row.call}` asks the database once for every item {row.words}. {cure}",
            sink=row.call,
            trail=(view.step(row.site, row.call),),
        )


def _mapped(view: FunctionView) -> Iterator[Finding]:
    """Every function that `map` runs for each item, and that sends a statement."""
    for mapped in mapped_calls(view):
        for edge in mapped.edges:
            found = behind(view, edge.target, statement)
            if found is None or behind(view, edge.target, commit) is not None:
                continue  # each commits its own: a transaction an item
            steps = (view.step(mapped.call, spoken(edge.target)), *found.steps)
            yield view.finding(
                mapped.call,
                Severity.INFORMATION
                if _costs_little(view, mapped.call, edge.target, found.name)
                else SEVERITY,
                f"`map` has {mapped.written} ask the database once for every item {mapped.words}: "
                f"{' → '.join(step.call for step in steps)}. {_cure(found.name)}",
                sink=found.name,
                trail=steps,
            )
            break


def _asks_for_many(loop: Loop) -> bool:
    """Whether the loop's statements each ask for many keys: one for every kind, not for every row."""
    return any(map(_names_many, all_nodes(loop.node)))


def _names_many(node: ast.AST) -> bool:
    """Whether it is `column.in_(...)`, or the part of an SQL text before the keys: `f"... IN ({marks})"`."""
    if isinstance(node, ast.JoinedStr):
        texts = (part.value for part in node.values[:-1] if isinstance(part, ast.Constant))
        return any(_MANY_KEYS.search(str(text)) for text in texts)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "in_"
    )


def _way(view: FunctionView, call: Call, callee: str) -> Behind | None:
    """The way from a call to the statement it sends, or None where it sends none for certain."""
    if ":" not in callee:
        name = sent_query(view.knowledge, call, callee)
        if not name or sends_many(view.facts, call, name) or is_through_untyped(view.facts, call):
            return None
        if is_of_no_rows(view.index, view.entry, call):
            return None
        return Behind(name, (view.step(call, name),))
    for edge in edges_at(view, call):
        found = behind(view, edge.target, statement)
        if found is not None:
            if call.flags & facts.CONDITIONAL and found.is_long:
                continue
            return Behind(found.name, (view.step(call, spoken(edge.target)), *found.steps))
    return None


def _severity(view: FunctionView, call: Call, callee: str, loop: Loop, way: Behind) -> Severity:
    """Less where no round trip, or no client, is waited for, and where more happens to each item."""
    if _costs_little(view, call, callee, way.name) or is_migration(view, way):
        return Severity.INFORMATION
    if waits_for_service(view, loop) or is_of_its_own(view, loop.inside[-1], way):
        return Severity.INFORMATION
    return SEVERITY


def _costs_little(view: FunctionView, call: Call, callee: str, sent: str) -> bool:
    """Whether it is SQLite in the process itself, a step of a job that each item is, or what no client waits for."""
    is_small = sent.startswith("sqlite3.") or gives_jobs(view, call, callee)
    return is_small or serves_no_client(view)


def _message(call: Call, words: str, way: Behind) -> str:
    what = f"`{as_written(call)}` asks the database once for every item {words}"
    if len(way.steps) > 1:
        what += f": {' → '.join(step.call for step in way.steps)}"
    return f"{what}. {_cure(way.name)}"


def _cure(name: str) -> str:
    if name.startswith(("redis.", "valkey.")):
        return "Ask for all keys at once, with `mget` or a pipeline."
    if name.startswith(("pymongo.", "motor.", "beanie.", "odmantic.")):
        return (
            'Ask for all of them at once, with `{"$in": [...]}`, or write them with `bulk_write`.'
        )
    if name.startswith(("django.", "tortoise.")):
        return (
            "Ask once for all of them, with `filter(id__in=...)`, or write them with `bulk_create`."
        )
    return "Ask once for all of them, with `in_(...)`, or send all rows in one statement."
