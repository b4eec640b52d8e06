"""Awaits a coroutine that was only created, or the right part of `await execute(q).scalars()`.

That the expression gives a coroutine is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import inserted, is_parenthesised, obstacle
from unlag.fixes.tree import Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put `await` before the expression at the span.

    With the argument `inner` the `await` is there already and moves: the span is the inner call,
    the outer one, or the whole `await` expression.
    """
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if "inner" in request.arguments:
        return _moved_inwards(place)
    is_read = isinstance(getattr(place.node, "ctx", None), ast.Load)
    if not is_read and not isinstance(place.node, ast.Call):
        return Refusal("Only a call or a value that is read can be awaited.")
    reason = obstacle(place)
    return Refusal(reason) if reason else inserted(place)


def _moved_inwards(place: Place) -> tuple[Edit, ...] | Refusal:
    awaits = [node for node in place.chain if isinstance(node, ast.Await)]
    if not awaits:
        return Refusal("There is no `await` around the call that could be moved.")
    whole = place.up_to(awaits[-1])
    inner = _inner_call(place)
    if isinstance(inner, Refusal):
        return inner
    if not _is_reached(awaits[-1].value, inner):
        return Refusal("The `await` does not belong to the call.")
    if is_parenthesised(whole.at(inner)) or _starts(whole, awaits[-1]) != _starts(whole, inner):
        return Refusal("Parentheses stand between `await` and the call: move the `await` by hand.")
    return _parenthesised(whole, inner)


def _inner_call(place: Place) -> ast.expr | Refusal:
    node = place.node
    if isinstance(node, ast.Call) and not isinstance(place.parent, ast.Await):
        return node
    start = node.value if isinstance(node, ast.Await) else node
    calls = [one for one in _receivers(start) if isinstance(one, ast.Call)]
    if len(calls) == 1:
        return Refusal("The call is awaited already.")
    if not calls or not isinstance(calls[-1].func, ast.Attribute):
        return Refusal(
            "It is not clear which call gives the coroutine: put the parentheses by hand."
        )
    return calls[-1]


def _receivers(node: ast.AST) -> list[ast.AST]:
    """`node`, what it is called on, what that is called on, and so on."""
    found = [node]
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
        found.append(node)
    return found


def _is_reached(value: ast.AST, inner: ast.AST) -> bool:
    return value is not inner and any(one is inner for one in _receivers(value))


def _starts(whole: Place, node: ast.AST) -> tuple[int, int]:
    """Where `node` starts; for an `await`, where what it awaits can start at the earliest."""
    span = whole.span(node)
    if not isinstance(node, ast.Await):
        return span.line, span.column
    text = whole.code(node).removeprefix("await")
    return span.line, span.column + len("await") + len(text) - len(text.lstrip(" \t"))


def _parenthesised(whole: Place, inner: ast.AST) -> tuple[Edit, ...]:
    start, end = whole.span(whole.node), whole.span(inner)
    opening = tree.empty(start.line, start.column)
    closing = tree.empty(end.end_line, end.end_column)
    return Edit(whole.path, opening, "("), Edit(whole.path, closing, ")")
