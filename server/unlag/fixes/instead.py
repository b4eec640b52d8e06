"""The text of an expression that takes the place of the one around it, with the parentheses it needs there."""

from __future__ import annotations

import ast

from unlag.fixes.syntax import parses
from unlag.fixes.tree import Place

_OPEN = (
    ast.Lambda
    | ast.IfExp
    | ast.NamedExpr
    | ast.BoolOp
    | ast.Compare
    | ast.BinOp
    | ast.UnaryOp
    | ast.Await
    | ast.Yield
    | ast.YieldFrom
)
"""What an operator beside it could take a part of."""
_CLOSED = (
    ast.Return | ast.Assign | ast.AnnAssign | ast.keyword | ast.List | ast.Tuple | ast.Set | ast.Dict
)  # fmt: skip
"""What ends an expression by a comma, a bracket or the line."""


def instead(place: Place, node: ast.expr) -> str:
    """The text of `node`, which stands inside of the node at `place` and is to stand in its place."""
    text = place.code(node)
    is_open = isinstance(node, _OPEN) and not _is_ended(place, node)
    return f"({text})" if is_open or not parses(text) else text


def _is_ended(place: Place, node: ast.expr) -> bool:
    if isinstance(node, ast.NamedExpr):
        return False
    match place.parent:
        case ast.Call(args=given) | ast.ListComp(elt=given) | ast.SetComp(elt=given):
            return given is place.node or (isinstance(given, list) and place.node in given)
    return isinstance(place.parent, _CLOSED)
