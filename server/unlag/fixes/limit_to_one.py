"""Adds `.limit(1)` to the statement whose first row is taken, where it is sent."""

from __future__ import annotations

import ast
from typing import TypeGuard

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.layout import linked
from unlag.fixes.names import dotted
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
    """The call that sends the statement, in a chain such as `(await s.execute(q)).scalars().first()`.

    A function that is given nothing but the result, and gives it back, counts as a part of the chain.
    """
    while True:
        if isinstance(node, ast.Await):
            node = node.value
        elif _is_handed_through(node):
            node = node.args[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if _sends(node) and node.args:
                return node
            node = node.func.value
        else:
            return None


def _is_handed_through(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=function, args=[ast.Call() | ast.Await()], keywords=[]):
            return dotted(function) is not None and not _sends(node)
    return False


def _sends(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in _SENDING


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
