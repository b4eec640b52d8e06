"""Calls that are only made where an object lacks a method, as the class at hand never does.

As in `load = getattr(store, "load_async", None)`, `if callable(load): await load()`, `else: store.load()`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from unlag.project.links import Edge
from unlag.rules.nodes import own_nodes
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView
from unlag.source import facts

_ASKING = frozenset({"getattr", "hasattr"})


class _Asked(NamedTuple):
    """What a test asks of an object."""

    owner: str
    """The object, as code."""
    attribute: str


def is_fallback(function: FunctionView, edge: Edge) -> bool:
    """Whether a call of a method stands where its object lacks another one, which its class has."""
    if not edge.flags & facts.CONDITIONAL:
        return False
    if all(call.target not in _ASKING for call in function.facts.calls):
        return False
    method = function.index.function(edge.target)
    tree = tree_of(function.index, function.entry)
    chain = chain_to(tree, edge)
    if method is None or not method.facts.owner or tree is None or not chain:
        return False
    call = chain[-1]
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    owner, class_id = ast.unparse(call.func.value), f"{method.path}:{method.facts.owner}"
    return any(
        asked.owner == owner and function.index.resolver.method(class_id, asked.attribute)
        for asked in _lacking(tree.node, chain)
    )


def _lacking(function: ast.AST, chain: Sequence[ast.AST]) -> list[_Asked]:
    """What is known to be missing in the branches that a place stands in."""
    found = []
    for node, inner in pairwise(chain):
        if not isinstance(node, ast.If):
            continue
        test, is_met = node.test, inner in node.body
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, is_met = test.operand, not is_met
        asked = None if is_met else _asked(function, test)
        if asked is not None and (inner in node.body or inner in node.orelse):
            found.append(asked)
    return found


def _asked(function: ast.AST, test: ast.expr) -> _Asked | None:
    match test:
        case ast.Call(func=ast.Name(id="callable"), args=[inner]):
            return _asked(function, inner)
        case ast.Compare(left=inner, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _asked(function, inner)
        case ast.Name(id=name):
            values = [
                node.value
                for node in own_nodes(function)
                if isinstance(node, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
            ]
            return _of_call(values[0]) if len(values) == 1 else None
    return _of_call(test)


def _of_call(node: ast.expr) -> _Asked | None:
    match node:
        case ast.Call(
            func=ast.Name(id="getattr" | "hasattr"), args=[owner, ast.Constant(value=str(name)), *_]
        ):
            return _Asked(ast.unparse(owner), name)
    return None
