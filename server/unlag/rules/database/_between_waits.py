"""Loops that also wait for something else than the database, so that their rounds are steps of a job."""

from __future__ import annotations

import ast

from unlag.project.callables import CALLED
from unlag.project.index import Index
from unlag.rules.database._calls import query_of
from unlag.rules.database._loops import Loop
from unlag.rules.event_loop._traffic import traffic_of
from unlag.rules.nodes import all_nodes
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_DATABASES = (
    "sqlalchemy.",
    "sqlmodel.",
    "asyncpg.",
    "aiosqlite.",
    "psycopg.",
    "aiomysql.",
    "asyncmy.",
    "tortoise.",
    "django.",
    "motor.",
    "pymongo.",
    "beanie.",
)
_NEAR = ("asyncio.", "anyio.", "contextlib.", "redis.", "valkey.", "socketio.")
"""Awaited, but within the process, or as quick as the database itself."""
_STORES = ("redis.", "valkey.")
_ELSEWHERE = ("network", "sleep", "process")
_REMOVING = frozenset(
    {
        "os.remove",
        "os.unlink",
        "os.rmdir",
        "shutil.rmtree",
        "pathlib.Path.unlink",
        "pathlib.Path.rmdir",
    }
)
_DEEPEST = 3
_SELDOM = facts.CONDITIONAL | facts.ONCE | facts.IN_EXCEPT


def is_between_waits(view: FunctionView, loop: Loop) -> bool:
    """Whether a loop waits for another service too, or gives out what it has: its results are kept as they come."""
    first, last = loop.lines
    return any(
        _waits_elsewhere(view, other, name)
        for other, name in view.calls()
        if first <= other.line <= last
    ) or any(
        isinstance(node, ast.Yield | ast.YieldFrom)
        for statement in loop.body()
        for node in all_nodes(statement)
    )


def waits_for_service(view: FunctionView, loop: Loop) -> bool:
    """Whether each round of a loop, not only some, waits for what is no database: a service, a program, the clock."""
    first, last = loop.lines
    return any(
        _waits_elsewhere(view, other, name)
        for other, name in view.calls()
        if first <= other.line <= last and not other.flags & _SELDOM
    )


def waits_for_unknown(view: FunctionView, loop: Loop, call: Call) -> bool:
    """Whether a loop awaits something besides `call` of which nobody knows whether it is the database."""
    first, last = loop.lines
    return any(
        _is_unknown(view, other, name)
        for other, name in view.calls()
        if first <= other.line <= last and other.flags & facts.AWAITED and other is not call
    )


def _is_unknown(view: FunctionView, call: Call, callee: str) -> bool:
    if not callee:
        return "." in call.target  # a plain name is a function that somebody handed over
    if ":" not in callee:
        is_known = view.known(callee, "awaitable", "blocking") is not None
        return not is_known and not callee.startswith((*_DATABASES, *_NEAR))
    traffic = traffic_of(view, callee)
    return not traffic.is_complete and not traffic.names


def _waits_elsewhere(view: FunctionView, call: Call, callee: str) -> bool:
    """Whether a call asks something that is no database, itself or in what it awaits."""
    if ":" in callee:
        place = (call.line, call.column)
        run = [edge.target for edge in view.links.edges if (edge.line, edge.column) == place]
        names = [name for target in run for name in traffic_of(view, target).names]
        return any(_is_service(view, name) for name in names) or any(
            view.index.recall(_asks_service, target) for target in run
        )
    if not callee:
        return False
    blocking = view.known(callee, "blocking")
    if blocking is not None:
        return _is_elsewhere(view.index, callee)
    awaited = view.known(callee, "awaitable")
    return awaited is not None and not awaited.name.startswith((*_DATABASES, *_STORES))


def _is_service(view: FunctionView, name: str) -> bool:
    return not name.startswith((*_DATABASES, *_NEAR)) and not query_of(view.knowledge, name)


def _asks_service(index: Index, function_id: str) -> bool:
    """Whether a function, or one that it calls, waits for a service whenever it runs, or removes a file."""
    around, visited = [function_id], {function_id}
    for _ in range(_DEEPEST):
        further: list[str] = []
        for current in around:
            entry, links = index.function(current), index.links.get(current)
            if entry is None or links is None:
                continue
            for call, callee in zip(entry.facts.calls, links.callees, strict=True):
                if not call.flags & _SELDOM and _is_elsewhere(index, callee):
                    return True
            for edge in links.edges:
                if edge.target not in visited and not edge.flags & _SELDOM and edge.how == CALLED:
                    visited.add(edge.target)
                    further.append(edge.target)
        around = further
    return False


def _is_elsewhere(index: Index, callee: str) -> bool:
    if not callee or ":" in callee:
        return False
    known = index.knowledge.entry(callee, "blocking")
    if known is None or known.name.startswith((*_DATABASES, *_STORES)):
        return False
    return known.cost in _ELSEWHERE or known.name in _REMOVING
