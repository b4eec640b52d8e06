"""Tasks that nobody holds although something is done with them: callbacks do not keep a task."""

from __future__ import annotations

import ast

from unlag.project.syntax import FunctionSyntax
from unlag.rules.nodes import all_nodes
from unlag.rules.places import chain_to
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_TELLS = frozenset({"add_done_callback", "set_name"})
_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)


def with_callback(function: FunctionView, call: Call) -> bool:
    """Whether all that is done with the task that `call` starts is `create_task(...).add_done_callback(...)`."""
    if call.target.endswith("ensure_future") and "(" not in (
        call.argument(0, "coro_or_future") or ""
    ):
        return False  # it can be a task already, which `ensure_future` gives back
    return any(
        other.target.startswith(f"{call.target}(")
        and other.target.endswith(").add_done_callback")
        and other.flags & facts.STATEMENT
        and (other.line, other.column) == (call.line, call.column)
        for other in function.facts.calls
    )


def only_gets_callbacks(function: FunctionView, name: str, call: Call) -> bool:
    """Whether nothing but adding callbacks is done with the task in `name`, and the function ends without waiting."""
    syntax = function.syntax(function.entry)
    if syntax is None:
        return False
    chain = chain_to(syntax, call)
    parent = chain[-2] if len(chain) > 1 else None
    if not isinstance(parent, ast.Assign | ast.AnnAssign) or _is_of_more(syntax, name):
        return False
    return not _is_used(syntax, name) and not _waits_after(syntax, call)


def _is_of_more(syntax: FunctionSyntax, name: str) -> bool:
    """Whether a name is not the function's own, or is given more than once."""
    given = 0
    for node in all_nodes(syntax.node):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return True
        given += isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    return given != 1


def _is_used(syntax: FunctionSyntax, name: str) -> bool:
    told = {
        id(node.func.value)
        for node in all_nodes(syntax.node)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _TELLS
    }
    return any(
        isinstance(node, ast.Name)
        and node.id == name
        and not isinstance(node.ctx, ast.Store)
        and id(node) not in told
        for node in all_nodes(syntax.node)
    )


def _waits_after(syntax: FunctionSyntax, call: Call) -> bool:
    """Whether the function can wait for something while it holds the name: below, or earlier in the same loop."""
    if call.flags & facts.IN_LOOP:
        return any(isinstance(node, _WAITS) for node in all_nodes(syntax.node))
    end = (call.end_line, call.end_column)
    return any(
        isinstance(node, _WAITS) and (syntax.site(node).line, syntax.site(node).column) >= end
        for node in all_nodes(syntax.node)
    )
