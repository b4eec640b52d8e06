"""What a loop goes through, where its text shows that it holds few different things."""

from __future__ import annotations

import ast

from unlag.rules.database._lengths import assigned
from unlag.rules.places import last_name, tree_of
from unlag.rules.view import FunctionView

_SAME_ITEMS = frozenset(
    {"enumerate", "zip", "sorted", "reversed", "list", "set", "tuple", "items", "values", "keys"}
)


def plain(node: ast.expr) -> ast.expr:
    """An iterable without what only goes through it in another way, the first one of several."""
    while isinstance(node, ast.Call) and last_name(node.func) in _SAME_ITEMS:
        if isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif node.args:
            node = node.args[0]
        else:
            break
    return node


def are_owners(view: FunctionView, iterated: ast.expr) -> bool:
    """Whether a loop goes through a set that holds what several rows have in common: `{row.owner for row in rows}`."""
    node = plain(iterated)
    tree = tree_of(view.index, view.entry)
    if not isinstance(node, ast.Name) or tree is None:
        return isinstance(node, ast.SetComp)
    given = assigned(tree.node, node.id)
    return bool(given) and all(isinstance(item, ast.SetComp) or _is_empty(item) for item in given)


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "set" and not node.args
