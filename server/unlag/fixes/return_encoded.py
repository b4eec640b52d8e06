"""Returns what was encoded by hand: `return JSONResponse(jsonable_encoder(x))` becomes `return x`.

The first argument, if there is one, is the return annotation that the function gets; the others are its imports.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.annotation import annotated
from unlag.fixes.awaiting import ordered
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Function, Place, own_nodes


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put what is encoded at the span in the place of its encoding."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    inner = _innermost(place.node)
    function = place.function
    if inner is None or inner is place.node or function is None:
        return Refusal("It is not known what this encodes.")
    if comments(place.code(inner)) != comments(place.code(place.node)):
        return Refusal("A comment inside the call would be lost.")
    made = [Edit(place.path, place.span(place.node), place.code(inner))]
    if request.arguments:
        others = _other_returns(function, place)
        if others:
            return Refusal(
                "Other returns of the function give a Response: change them all by hand."
            )
        head = annotated(place.up_to(function), request.arguments)
        if isinstance(head, Refusal):
            return head
        made.extend(head)
    return ordered(tuple(made))


def _innermost(node: ast.AST) -> ast.expr | None:
    """What a chain of encoding calls starts from."""
    match node:
        case ast.Call(func=ast.Attribute(attr="model_dump" | "dict", value=value)):
            return value
        case (
            ast.Call(args=[value], keywords=[])
            | ast.Call(args=[], keywords=[ast.keyword(arg="content" | "obj", value=value)])
        ):
            inner = _innermost(value) if _encodes(value) else None
            return inner if inner is not None else value
    return None


def _encodes(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    return name in ("jsonable_encoder", "model_dump", "dict") and not isinstance(
        node.func, ast.Call
    )


def _other_returns(function: Function, place: Place) -> bool:
    """Whether the function returns anything but what stands at the place."""
    values = [
        node.value
        for node in own_nodes(function)
        if isinstance(node, ast.Return) and node.value is not None
    ]
    statement = place.statement
    through = {ast.unparse(one) for one in getattr(statement, "targets", [])}
    return any(
        value is not place.node and not (isinstance(value, ast.Name) and value.id in through)
        for value in values
    )
