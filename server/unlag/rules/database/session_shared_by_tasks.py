"""session-shared-by-tasks (LAG606): several tasks use one AsyncSession at the same time.

## What it does
Reports `asyncio.gather`, `asyncio.wait` and tasks whose coroutines are handed, or find around them, the same SQLAlchemy
`AsyncSession` or `AsyncConnection`, or run on one object that holds it; also a session that the function
itself goes on with before it awaits the task. Reports tasks that nobody waits for and that are handed the
request's session, which its dependency closes in the middle of their work.

## Why it is slow
A session stands for one connection and one transaction, and a connection carries one statement at
a time. On a fresh session the second statement raises `InvalidRequestError` ("this session is
provisioning a new connection; concurrent operations are not permitted"); on one that is connected
the statements merely wait for each other, so that nothing is gained, and what one task flushes,
commits or rolls back happens to the others in the middle of their work.

## Bad
```python
import asyncio

from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
Sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def get_session():
    async with Sessions() as session:
        yield session


async def users(session: AsyncSession) -> int:
    return await session.scalar(text("select count(*) from users")) or 0


async def orders(session: AsyncSession) -> int:
    return await session.scalar(text("select count(*) from orders")) or 0


@app.get("/figures")
async def figures(session: AsyncSession = Depends(get_session)) -> list[int]:
    return await asyncio.gather(users(session), orders(session))  # LAG606
```

## Good
```python
import asyncio

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

app = FastAPI()
Sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def users() -> int:
    async with Sessions() as session:
        return await session.scalar(text("select count(*) from users")) or 0


async def orders() -> int:
    async with Sessions() as session:
        return await session.scalar(text("select count(*) from orders")) or 0


@app.get("/figures")
async def figures() -> list[int]:
    return await asyncio.gather(users(), orders())
```

## Not reported
Coroutines with a session each; a single coroutine with a session beside others without; calls that
are awaited one after the other; `BackgroundTasks`, which run in turn before the session is closed (from FastAPI
0.118 on); a session that only gives its settings away; functions whose
session cannot be followed.

## Sources
Seen with SQLAlchemy 2.1.9 on PostgreSQL 15 and SQLite. SQLAlchemy documentation, "Using AsyncSession
with Concurrent Tasks".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.finding import Finding, Severity
from unlag.project.syntax import FunctionSyntax
from unlag.rules.database._loose_tasks import ends_with_request, is_loose
from unlag.rules.database._meanwhile import used_meanwhile
from unlag.rules.database._task_sessions import Use, uses_of
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView, as_written
from unlag.source.facts import Call

SEVERITY = Severity.ERROR

_TOGETHER = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
_STARTS = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "asyncio.TaskGroup.create_task",
     "anyio.abc.TaskGroup.start_soon"}
)  # fmt: skip
NEEDS = _TOGETHER | _STARTS
_ALONE = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
"""What they start, nothing waits for by itself."""


def check(view: FunctionView) -> Iterator[Finding]:
    """Every group of coroutines that share a session."""
    if not view.is_on_loop:
        return
    groups = [
        (call, view.knowledge.canonical(callee))
        for call, callee in view.calls()
        if callee and ":" not in callee
    ]
    together = [(call, name) for call, name in groups if name in _TOGETHER]
    starts = [(call, name) for call, name in groups if name in _STARTS]
    tree = tree_of(view.index, view.entry) if together or starts else None
    if tree is None:
        return
    for call, name in together:
        found = _shared(
            [use for node in _gathered(tree, call) for use in uses_of(view, tree, node)]
        )
        if found is not None:
            yield _finding(view, call, name, found)
    yield from _started(view, tree, starts)


def _started(
    view: FunctionView, tree: FunctionSyntax, starts: list[tuple[Call, str]]
) -> Iterator[Finding]:
    """Tasks that are started one by one and share a session."""
    seen: list[Use] = []
    for call, name in starts:
        chain = chain_to(tree, call)
        task = chain[-1] if chain else None
        if not isinstance(task, ast.Call) or not task.args:
            continue
        uses = [
            msgspec.structs.replace(use, repeats=use.repeats or _repeats(chain, use))
            for use in uses_of(view, tree, task.args[0])
        ]
        found = _shared([*seen, *uses])
        seen += uses
        if found is not None and any(use.session == found[0].session for use in uses):
            yield _finding(view, call, name, found)
            return
        for use in uses if name in _ALONE else ():
            coroutine = used_meanwhile(chain, use.session)
            if coroutine:
                yield _finding(view, call, name, (use, Use(use.session, coroutine, repeats=False)))
                return
        if name in _ALONE and uses and is_loose(tree.node, chain):
            for use in uses:
                if ends_with_request(view, use.session.partition(".")[0]):
                    yield _left_behind(view, call, name, use)
                    return


def _repeats(chain: tuple[ast.AST, ...], use: Use) -> bool:
    """Whether a task is started in a loop that does not give each one a session of its own."""
    for node in chain[:-1]:
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            made = {
                item.id
                for item in ast.walk(node)
                if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
            }
            return use.session.partition(".")[0] not in made
    return False


def _gathered(tree: FunctionSyntax, call: Call) -> list[ast.expr]:
    """What a gather runs: its arguments, those of a list or comprehension included."""
    chain = chain_to(tree, call)
    gather = chain[-1] if chain else None
    if not isinstance(gather, ast.Call):
        return []
    found: list[ast.expr] = []
    for argument in gather.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        inner = _bound_before(tree, inner)
        found += inner.elts if isinstance(inner, ast.List | ast.Tuple | ast.Set) else [inner]
    return found


def _bound_before(tree: FunctionSyntax, node: ast.expr) -> ast.expr:
    """What the name `node` was given, where that happens in one place."""
    if not isinstance(node, ast.Name):
        return node
    given = [
        item.value
        for item in ast.walk(tree.node)
        if isinstance(item, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in item.targets)
    ]
    return given[0] if len(given) == 1 else node


def _shared(uses: list[Use]) -> tuple[Use, Use] | None:
    """Two uses of one session, or one that is started many times."""
    for index, use in enumerate(uses):
        if use.repeats:
            return use, use
        for other in uses[index + 1 :]:
            if other.session == use.session:
                return use, other
    return None


def _left_behind(view: FunctionView, call: Call, name: str, use: Use) -> Finding:
    message = (
        f"`{as_written(call)}` lets `{use.coroutine}` go on with `{use.session}` after the request, which closes "
        "it: open a session in the task."
    )
    return view.finding(call, SEVERITY, message, sink=name, trail=(view.step(call, name),))


def _finding(view: FunctionView, call: Call, name: str, pair: tuple[Use, Use]) -> Finding:
    first, second = pair
    who = (
        f"every `{first.coroutine}`"
        if first is second
        else f"`{first.coroutine}` and `{second.coroutine}`"
    )
    message = (
        f"`{as_written(call)}` runs {who} at the same time on one session, `{first.session}`. A "
        "session carries one statement at a time: open one for each task, or await them in turn."
    )
    return view.finding(call, SEVERITY, message, sink=name, trail=(view.step(call, name),))
