"""Loops that also wait for something else than the database, so that their rounds are steps of a job."""

from __future__ import annotations

import ast

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
)
_NEAR = ("asyncio.", "anyio.", "contextlib.", "redis.", "valkey.", "socketio.")
"""Awaited, but within the process, or as quick as the database itself."""


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
        return any(not name.startswith((*_DATABASES, *_NEAR)) for name in names)
    if not callee:
        return False
    blocking = view.known(callee, "blocking")
    if blocking is not None:
        return blocking.cost in ("network", "sleep", "process")
    awaited = view.known(callee, "awaitable")
    return awaited is not None and not awaited.name.startswith(_DATABASES)
