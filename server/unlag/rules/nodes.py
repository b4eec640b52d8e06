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
_SILENT = frozenset(
    {"id", "attr", "arg", "name", "ctx", "op", "kind", "level", "module", "type_comment", "str",
     "conversion", "is_async", "simple", "rest", "asname"}
)  # fmt: skip
"""Fields that hold texts, numbers, and marks such as `Load` and `Add`."""
_MIXED = frozenset({"keys", "kw_defaults", "names", "kwd_attrs"})
"""Fields with lists that need not hold nodes alone."""


class _Fields(dict[type[ast.AST], tuple[tuple[str, bool], ...]]):
    """Class of nodes -> its fields that can hold nodes, and whether they need a look at each item."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[tuple[str, bool], ...]:
        is_constant = kind in (ast.Constant, ast.MatchSingleton)
        names_a_type = kind.__name__ == "TypeAlias"  # its name is a node
        found = self[kind] = tuple(
            (field, field in _MIXED)
            for field in (() if is_constant else kind._fields)
            if field not in _SILENT or (names_a_type and field == "name")
        )
        return found


_FIELDS = _Fields()


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
    held = node.__dict__
    for field, is_mixed in _FIELDS[node.__class__]:  # in the order of the grammar
        value = held.get(field)
        if value.__class__ is not list:
            if value is not None:
                children.append(value)
        elif is_mixed:
            children += [item for item in value if isinstance(item, ast.AST)]
        elif value:
            children += value
    return children
