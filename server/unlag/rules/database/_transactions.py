"""Loops that give every item a transaction of its own: nothing of them can be sent at once."""

from __future__ import annotations

import ast
from itertools import pairwise

from unlag.knowledge import Knowledge
from unlag.project.index import Index
from unlag.project.values import ExternalInstance, each
from unlag.rules.database._calls import SESSIONS
from unlag.rules.database._loops import Loop
from unlag.rules.nearby import calls_near
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

_BEGINNING = frozenset({"begin", "begin_nested"})
_WRITING = frozenset({"add", "add_all", "delete", "merge", "flush", "commit"})


def has_own_transaction(view: FunctionView, loop: Loop, line: int) -> bool:
    """Whether a `with` in the loop around its place begins a transaction that writes.

    `line` is that of the place, in the numbering of facts.
    """
    for node, below in pairwise(loop.inside):
        if isinstance(node, ast.With | ast.AsyncWith) and below in node.body:
            if any(_begins(view, item.context_expr, line) for item in node.items):
                return True
            names = [item.optional_vars for item in node.items if item.optional_vars is not None]
            if any(_is_session(view, name, line) for name in names):
                shift = line - _first_line(loop)
                first, last = node.body[0].lineno, node.body[-1].end_lineno or node.body[-1].lineno
                return _writes(view, first + shift, last + shift)
    return False


def _first_line(loop: Loop) -> int:
    return getattr(loop.inside[-1], "lineno", 0)


def _begins(view: FunctionView, node: ast.expr, line: int) -> bool:
    """Whether an expression is `session.begin()`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr in _BEGINNING and _is_session(view, node.func.value, line)


def _is_session(view: FunctionView, node: ast.expr, line: int) -> bool:
    path = path_of(node, 0)
    value = view.resolve(path, line) if path != UNKNOWN else None
    return any(
        isinstance(item, ExternalInstance) and view.knowledge.is_a(item.name, SESSIONS)
        for item in each(value)
    )


def _writes(view: FunctionView, first: int, last: int) -> bool:
    return any(
        first <= call.line <= last and is_write(view.knowledge, callee)
        for call, callee in view.calls()
    ) or any(
        first <= edge.line <= last and _may_write(view.index, edge.target)
        for edge in view.links.edges
    )


def _may_write(index: Index, function_id: str) -> bool:
    return index.recall(_is_near_write, function_id)


def _is_near_write(index: Index, function_id: str) -> bool:
    return calls_near(index, function_id, lambda callee: is_write(index.knowledge, callee))


def is_write(knowledge: Knowledge, callee: str) -> bool:
    """Whether a call adds, changes or deletes rows of a session, or commits."""
    owner, _, member = callee.rpartition(".")
    return (
        member in _WRITING
        and ":" not in callee
        and knowledge.is_a(knowledge.canonical(owner), SESSIONS)
    )
