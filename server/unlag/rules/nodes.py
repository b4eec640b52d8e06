"""The nodes of a syntax tree, several times as fast as `ast.walk` and in the order of the text.

Leaves out what says nothing by itself: whether a name is read or set, and which operator stands between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LEAVES = frozenset({ast.Name, ast.Constant})
"""Classes of nodes in which there are no others: every other node is of one of them."""
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop)
_SILENT = frozenset(
    {int, str, type(None), *(kind for mark in _MARKS for kind in mark.__subclasses__())}
)


@lru_cache(maxsize=8)
def nodes_in(tree: ast.AST) -> tuple[ast.AST, ...]:
    """`tree` and every node in it, kept for the next that asks about the same tree."""
    return tuple(all_nodes(tree))


def all_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """`tree` and every node in it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if node.__class__ not in _LEAVES:
            waiting += reversed(children_of(node))


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Every node of a function's body, without what is inside of functions and classes in it."""
    waiting: list[ast.AST] = list(reversed(getattr(function, "body", [])))
    while waiting:
        node = waiting.pop()
        yield node
        if node.__class__ not in _LEAVES and not isinstance(node, SCOPES):
            waiting += reversed(children_of(node))


def children_of(node: ast.AST) -> list[ast.AST]:
    """The nodes directly in `node`."""
    children: list[ast.AST] = []
    for value in node.__dict__.values():  # in the order of the grammar
        kind = value.__class__
        if kind is list:
            children += [item for item in value if isinstance(item, ast.AST)]
        elif kind not in _SILENT and isinstance(value, ast.AST):
            children.append(value)
    return children
