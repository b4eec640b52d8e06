"""Returns what was encoded by hand: `return JSONResponse(jsonable_encoder(x))` becomes `return x`.

The first argument, if there is one, is the return annotation that the function gets; the others are its imports.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.annotation import annotated
from unlag.fixes.awaiting import ordered
from unlag.fixes.instead import instead
from unlag.fixes.return_instance import many, source_of
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place
from unlag.source.running import Function, own_nodes


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
    if isinstance(inner, ast.ListComp) and inner is not place.node and source_of(inner.elt):
        text = many(place, inner, is_list=False) or instead(place, inner)
    else:
        text = instead(place, inner)
    made = [Edit(place.path, place.span(place.node), text)]
    given = _given(function, inner)
    if given is not None:  # encoded under a name, the line before
        encoded = _innermost(given)
        if encoded is None:
            return Refusal("It is not known what this encodes.")
        text_there = instead(place.up_to(function).at(given), encoded)
        made.append(Edit(place.path, place.span(given), text_there))
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


def _given(function: Function, node: ast.expr) -> ast.expr | None:
    """What the only assignment of a name encodes, which `node` reads."""
    if not isinstance(node, ast.Name):
        return None
    values = []
    for item in own_nodes(function):
        match item:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name == node.id:
                values.append(value)
    return values[0] if len(values) == 1 and _encodes(values[0]) else None


def _innermost(node: ast.AST) -> ast.expr | None:
    """What a chain of encoding calls starts from."""
    match node:
        case ast.Call(func=ast.Attribute(attr="model_dump" | "dict", value=value)):
            return value
        case ast.Call(keywords=given) if any(item.arg == "status_code" for item in given):
            rest = [item for item in given if item.arg != "status_code"]
            return _innermost(ast.Call(node.func, node.args, rest))
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
