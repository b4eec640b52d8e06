"""Adds `.limit(1)` to the statement whose first row is taken, where it is sent."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.layout import linked
from unlag.fixes.tree import Place
from unlag.source.running import Function

_SENDING = ("scalars", "execute", "exec")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put `.limit(1)` behind the statement that the result comes from."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    sent = sending(place.node) or assigned_sending(place)
    if sent is None or not sent.args:
        return Refusal("The statement is sent somewhere else: add `.limit(1)` there.")
    statement = sent.args[0]
    if not isinstance(statement, ast.Name | ast.Attribute | ast.Call):
        return Refusal("The statement is no plain expression: add `.limit(1)` by hand.")
    return ordered(linked(place.up_to(place.tree).at(statement), ".limit(1)"))


def sending(node: ast.AST) -> ast.Call | None:
    """The call that sends the statement, in a chain such as `(await s.execute(q)).scalars().first()`."""
    while True:
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _SENDING and node.args:
                return node
            node = node.func.value
        else:
            return None


def assigned_sending(place: Place) -> ast.Call | None:
    """The call whose result a name holds, where that name gets a value in one place."""
    node = place.node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    function = place.function
    if not isinstance(node, ast.Name) or not isinstance(function, Function):
        return None
    given = [
        item.value
        for item in ast.walk(function)
        if isinstance(item, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in item.targets)
    ]
    read = [
        item
        for item in ast.walk(function)
        if isinstance(item, ast.Name) and item.id == node.id and isinstance(item.ctx, ast.Load)
    ]
    return sending(given[0]) if len(given) == 1 and len(read) == 1 else None
