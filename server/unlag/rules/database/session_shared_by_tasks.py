"""session-shared-by-tasks (LAG606): several tasks use one AsyncSession at the same time.

## What it does
Reports `asyncio.gather`, `asyncio.wait` and tasks whose coroutines are handed the same SQLAlchemy
`AsyncSession` or `AsyncConnection`, or run on one object that holds it.

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
are awaited one after the other; a session that only gives its settings away; functions whose
session cannot be followed.

## Sources
Seen with SQLAlchemy 2.0 on PostgreSQL 15 and SQLite. SQLAlchemy documentation, "Using AsyncSession
with Concurrent Tasks".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.finding import Finding, Severity
from unlag.project.syntax import FunctionSyntax
from unlag.project.values import ExternalInstance, Function, Value, each
from unlag.rules.places import chain_to, dotted, names_in, tree_of
from unlag.rules.view import FunctionView, as_written
from unlag.source import facts
from unlag.source.expressions import path_of
from unlag.source.facts import Call
from unlag.source.paths import UNKNOWN

SEVERITY = Severity.ERROR

_SHARED = frozenset(
    {"sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.AsyncConnection"}
)
_TOGETHER = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
_STARTS = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "asyncio.TaskGroup.create_task",
     "anyio.abc.TaskGroup.start_soon"}
)  # fmt: skip
_LOCKS = ("lock", "semaphore", "limit")


class Use(msgspec.Struct, frozen=True):
    """One coroutine that runs beside others, and the session it uses."""

    session: str
    """As the text names it: `session`, `self.session`."""
    coroutine: str
    repeats: bool
    """Whether the same is started for every item of a loop."""


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
        found = _shared([use for node in _gathered(tree, call) for use in _uses(view, tree, node)])
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
            for use in _uses(view, tree, task.args[0])
        ]
        found = _shared([*seen, *uses])
        seen += uses
        if found is not None and any(use.session == found[0].session for use in uses):
            yield _finding(view, call, name, found)
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


def _uses(view: FunctionView, tree: FunctionSyntax, node: ast.expr) -> list[Use]:
    """The sessions that the coroutine `node` uses."""
    repeats = False
    own: set[str] = set()
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        repeats = True
        own = {name for item in node.generators for name in names_in(item.target)}
        node = node.elt
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in (
        "create_task",
        "ensure_future",
        "wait_for",
        "shield",
    ):
        node = node.args[0] if node.args else node
    if not isinstance(node, ast.Call):
        return []
    line = tree.site(node).line
    sessions = [
        name
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
        if (name := dotted(argument)) and _is_session(view, _resolved(view, argument, line))
    ]
    sessions += _sessions_of_owner(view, node, line)
    spoken = dotted(node.func) or "the coroutine"
    return [
        Use(session, spoken, repeats)
        for session in dict.fromkeys(sessions)
        if session.partition(".")[0] not in own
    ]


def _sessions_of_owner(view: FunctionView, node: ast.Call, line: int) -> list[str]:
    """The session that a coroutine takes from its own object: `self.session`, `repository.session`."""
    owner = dotted(node.func).rpartition(".")[0]
    if not owner:
        return []
    if _is_session(view, _resolved(view, node.func.value, line)):  # type: ignore[attr-defined] # dotted
        return [owner]
    found = []
    for value in each(_resolved(view, node.func, line)):
        entry = view.index.function(value.id) if isinstance(value, Function) else None
        if entry is None or not entry.facts.is_async or not entry.facts.parameters:
            continue
        own = entry.facts.parameters[0].name
        for call in entry.facts.calls:
            path, _, _ = call.target.rpartition(".")
            is_plain = path.startswith(f"{own}.") and path.count(".") == 1 and "(" not in path
            if is_plain and call.flags & facts.AWAITED and not _is_limited(entry.facts):
                if _is_session(view, view.resolve(path, call.line, entry.id)):
                    found.append(f"{owner}.{path.partition('.')[2]}")
    return found


def _is_limited(item: facts.FunctionFacts) -> bool:
    """Whether a function takes a lock first: then its uses come one after the other."""
    paths = [block.path for block in item.blocks]
    paths += [call.target for call in item.calls if call.flags & facts.ASYNC_ENTERED]
    return any(word in path.lower() for path in paths for word in _LOCKS)


def _resolved(view: FunctionView, node: ast.expr, line: int) -> Value:
    path = path_of(node, 0)
    return view.resolve(path, line) if path != UNKNOWN else None


def _is_session(view: FunctionView, value: Value) -> bool:
    found = each(value)
    return all(
        isinstance(item, ExternalInstance) and view.knowledge.is_a(item.name, _SHARED)
        for item in found
    )


def _shared(uses: list[Use]) -> tuple[Use, Use] | None:
    """Two uses of one session, or one that is started many times."""
    for index, use in enumerate(uses):
        if use.repeats:
            return use, use
        for other in uses[index + 1 :]:
            if other.session == use.session:
                return use, other
    return None


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
