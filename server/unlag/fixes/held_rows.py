"""Finds where a name gets the rows of a query, and where these are counted or asked for being there at all."""

from __future__ import annotations

import ast

import msgspec

from unlag.fixes import Refusal
from unlag.fixes.names import origins_of
from unlag.fixes.tree import Place


class Held(msgspec.Struct, frozen=True):
    """A name that gets rows once and is used for nothing but their number."""

    target: Place
    """The name where it gets them."""
    rows: Place
    """What it is given there."""
    lengths: tuple[Place, ...]
    """The calls `len(name)`."""
    tests: tuple[Place, ...]
    """The name, where it is asked whether it is empty."""


def holding(place: Place, name: str) -> Held | Refusal:
    """What the function around `place` does with the rows that it calls `name`."""
    function = place.function
    if function is None:
        return Refusal("The rows are no function's own: change them by hand.")
    around = place.up_to(function)
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    given = [n for n in ast.walk(function) if isinstance(n, ast.Assign) and n.targets[0] in uses]
    read = [around.at(use) for use in uses if isinstance(use.ctx, ast.Load)]
    if len(given) != 1 or len(given[0].targets) != 1 or len(uses) != len(read) + 1:
        return Refusal(f"`{name}` gets its rows in more than one place: change them by hand.")
    lengths = tuple(use.up_to(use.parent) for use in read if _is_counted(use))
    tests = tuple(use for use in read if is_tested(use))
    if len(lengths) + len(tests) != len(read):
        return Refusal(f"`{name}` is used for more than its number: change it by hand.")
    assignment = around.at(given[0])
    return Held(assignment.at(given[0].targets[0]), assignment.at(given[0].value), lengths, tests)


def is_tested(place: Place) -> bool:
    """Whether the node is asked for its truth alone."""
    match place.parent:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return test is place.node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=ast.Name(id="bool"), args=[_], keywords=[]):
            return True
    return False


def is_query(place: Place, node: ast.AST) -> bool:
    """Whether an expression is a query that knows its session: `session.query(User).filter(...)`, or its name."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query":
            return True
        node = node.func.value
    if not isinstance(node, ast.Name):
        return False
    given = origins_of(place, node.id)
    return bool(given) and all(isinstance(one, ast.Call) and _begins(one, node.id) for one in given)


def _begins(node: ast.AST, name: str) -> bool:
    """Whether a query is begun, or `name` carried on: `query = query.filter(...)`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query":
            return True
        node = node.func.value
    return isinstance(node, ast.Name) and node.id == name


def _is_counted(place: Place) -> bool:
    match place.parent:
        case ast.Call(func=ast.Name(id="len"), args=[_], keywords=[]):
            return True
    return False
