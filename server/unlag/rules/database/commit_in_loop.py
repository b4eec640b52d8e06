"""commit-in-loop (LAG611): every item of a loop is a transaction of its own.

## What it does
Reports a commit that a loop makes for every item, itself or through a function that always
commits, in code that runs while requests are served.

## Why it is slow
A commit waits until the database has written the transaction to its disk, and then the next
transaction begins. With `expire_on_commit`, which is the default, it also makes every object of
the session load again when it is next read. Inserting 300 rows took 3,416 ms with a commit each on
SQLite and 253 ms on PostgreSQL; with `add_all` and one commit 17 and 32 ms; with
`execute(insert(User), rows)` 3.4 and 18 ms. A `refresh` after each commit made it 4,198 and 578 ms.

## Bad
`app/models.py`
```python
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
```
`app/prices.py`
```python
from sqlalchemy.orm import Session

from app.models import Product


def raise_all(session: Session, products: list[Product]) -> None:
    for product in products:
        product.price += 1
        session.commit()  # LAG611
```
`app/main.py`
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from app.models import Product
from app.prices import raise_all

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


def get_session():
    with Sessions() as session:
        yield session


@app.post("/prices")
def raise_prices(keys: list[int], session: Session = Depends(get_session)) -> None:
    products = session.scalars(select(Product).where(Product.id.in_(keys)))
    raise_all(session, list(products))
```

## Good
`app/models.py`
```python
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
```
`app/prices.py`
```python
from sqlalchemy.orm import Session

from app.models import Product


def raise_all(session: Session, products: list[Product]) -> None:
    for product in products:
        product.price += 1
    session.commit()
```
`app/main.py`
```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from app.models import Product
from app.prices import raise_all

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


def get_session():
    with Sessions() as session:
        yield session


@app.post("/prices")
def raise_prices(keys: list[int], session: Session = Depends(get_session)) -> None:
    products = session.scalars(select(Product).where(Product.id.in_(keys)))
    raise_all(session, list(products))
```

## Not reported
Commits in a branch of the loop, such as every hundred items, and those that a flag of the helper decides
(`if not commit: return`); loops over lists of which a client can send 20 items at most, over chunks, pages and
retries, loops that end at the first hit, and `while` loops;
loops that keep one item's error from the others with `try`, roll back what failed for one and go on, or open a
session for each item;
helpers that take back alone what fails, with a `rollback` in a handler of all errors that raises none; loops that also
wait for another service, or `yield` each item, whose results are to be kept as they come, or do a job of many calls for
each item; functions that only read under a decorator that commits, and that call themselves; tasks side by side;
scripts, start-up code and tests.
Information only where each item is a job, worth keeping when the next one fails: where the helper opens a
session of its own and does more with it than write a row, goes through a list of its own, catches whatever
fails on the way, or commits three functions further down; where one job comes to more than 64 functions of the
project or to 12 statements, or a round to more than 20 calls; in migrations; where a test in the loop asks what
the helper gave (`if not claim(job): continue`), which has to be known before the loop goes on; and where the
loop awaits something of which nobody knows whether it is the database. Also where a helper commits for each of
a handful: the parts of one thing (`for line in order.lines`; not `ids`, `items`, `rows` and the like), its
links (`user.roles.append(role)`), and what several rows have in common (`{row.owner for row in rows}`). And in
what only a scheduler's jobs, or tasks that the program starts itself, come to; and for `sqlite3`.

## Fix safety
Unsafe: with one commit after the loop an error in the middle undoes the items before it, and other
transactions see all changes at once instead of one after the other. It is offered where the commit
is a statement of the loop's own body and nothing in the loop refreshes what was committed. Where the loop
stands in another that would be reported next, one commit comes after that one, for both. Where a loop goes
on with what it added, such as its key, a `flush` stays in the commit's place.

## Sources
Measured with SQLAlchemy 2.1.9, SQLite and PostgreSQL 15 on loopback with `fsync=off`, on two shared
cores; the ratios carry over. SQLAlchemy documentation, "Bulk INSERT Statements".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.database._between_waits import is_between_waits, waits_for_unknown
from unlag.rules.database._calls import is_commit
from unlag.rules.database._decided import is_decided
from unlag.rules.database._jobs import gives_jobs
from unlag.rules.database._loops import Loop, loop_around, loop_in
from unlag.rules.database._own_errors import keeps_errors, takes_one_back
from unlag.rules.database._reaches import Behind, behind, commit, edges_at
from unlag.rules.database._scheduled import serves_no_client
from unlag.rules.database._wanted import is_wanted
from unlag.rules.database._writes import is_around_reads
from unlag.rules.needs import LOOPS
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView, as_written, spoken
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
NEEDS = frozenset({LOOPS})

_LONGEST_WAY = 4
"""Steps to a commit from which on what happens for each item is a job of its own, not a row."""
_SELDOM = facts.ONCE | facts.IN_EXCEPT


def check(view: FunctionView) -> Iterator[Finding]:
    """Every commit that a loop over items makes for each of them."""
    for call, callee in view.calls():
        if not call.flags & facts.IN_LOOP or call.flags & _SELDOM or not callee:
            continue
        way = _way(view, call, callee)
        loop = loop_around(view, call) if way is not None else None
        if way is None or loop is None or not _is_plain(loop):
            continue
        if is_between_waits(view, loop) or callee == view.entry.id:
            continue  # where it calls itself, the commit in it is reported
        yield view.finding(
            call,
            _severity(view, call, callee, loop, way),
            _message(call, loop, way),
            sink=way.name,
            trail=way.steps,
            fixes=fixes_of(_loops(view, call, loop), way.name) if ":" not in callee else (),
        )


def _severity(view: FunctionView, call: Call, callee: str, loop: Loop, way: Behind) -> Severity:
    """Less where SQLite commits in the process itself, a job or a handful does, or one that no client waits for."""
    if way.name.startswith("sqlite3.") or is_decided(loop) or gives_jobs(view, call, callee):
        return Severity.INFORMATION
    if serves_no_client(view) or waits_for_unknown(view, loop, call):
        return Severity.INFORMATION
    if ":" in callee and is_wanted(view, loop, way):
        return Severity.INFORMATION
    return SEVERITY


def fixes_of(loops: tuple[Loop, ...], name: str) -> tuple[FixOffer, ...]:
    """One commit after the loop, and after the loops around it that would be reported next."""
    outermost = loops[-1]
    if not isinstance(loops[0].node, ast.For) or any(_refreshes(loop) for loop in loops):
        return ()
    over = f" over `{outermost.text}`" if outermost.text else ""
    title = f"Commit once, after the loop{over}"
    counted = (str(len(loops)),) if len(loops) > 1 else ()
    return (FixOffer(title, Safety.UNSAFE, "commit_after_loop", (name, *counted)),)


def _loops(view: FunctionView, call: Call, loop: Loop) -> tuple[Loop, ...]:
    """The loop of a commit, and from the inside out those that would commit for each item below it."""
    loops = [loop]
    tree = tree_of(view.index, view.entry)
    chain = chain_to(tree, call)
    while tree is not None and loop.node in chain:
        around = loop_in(view, tree, chain[: chain.index(loop.node) + 1])
        if around is None or not _is_plain(around) or is_between_waits(view, around):
            break
        loops.append(loop := around)
    return tuple(loops)


def _refreshes(loop: Loop) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "refresh"
        for statement in loop.body()
        for node in ast.walk(statement)
    )


def commits_per_item(view: FunctionView, call: Call, callee: str) -> bool:
    """Whether a call commits for each item: reported here, or wanted so between waits for another service."""
    if not call.flags & facts.IN_LOOP or call.flags & _SELDOM or not callee:
        return False
    loop = loop_around(view, call) if _way(view, call, callee) is not None else None
    return loop is not None and (_is_plain(loop) or is_between_waits(view, loop))


def _way(view: FunctionView, call: Call, callee: str) -> Behind | None:
    if ":" not in callee:
        if not is_commit(view.knowledge, callee):
            return None
        name = view.knowledge.canonical(callee)
        return Behind(name, (view.step(call, name),))
    for edge in edges_at(view, call):
        if view.index.is_async(edge.target) and not call.flags & facts.AWAITED:
            continue  # tasks side by side, which need a session each
        if is_around_reads(view, view.entry.id, edge):
            continue
        found = behind(view, edge.target, commit)
        if found is None or len(found.steps) >= _LONGEST_WAY or found.is_long:
            continue
        if not any(keeps_errors(view, f"{step.path}:{step.function}") for step in found.steps):
            return Behind(found.name, (view.step(call, spoken(edge.target)), *found.steps))
    return None


def _is_plain(loop: Loop) -> bool:
    """Whether the loop keeps no item's errors or session from the others."""
    is_apart = any(isinstance(node, ast.Try | ast.With | ast.AsyncWith) for node in loop.inside)
    return not is_apart and not takes_one_back(loop.body())


def _message(call: Call, loop: Loop, way: Behind) -> str:
    if len(way.steps) == 1:
        what = f"`{as_written(call)}` ends a transaction for every item {loop.words}"
    else:
        chain = " → ".join(step.call for step in way.steps)
        what = f"`{as_written(call)}` commits for every item {loop.words}: {chain}"
    return f"{what}. Commit once after the loop, or send all rows in one statement."
