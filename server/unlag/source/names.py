"""Finds the names that stand anywhere below some syntax; knows nothing of what they mean."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import Any

_SILENT = frozenset(
    {ast.Constant, ast.Load, ast.Store, ast.Del, str, int, bool, type(None)}
    | set(ast.operator.__subclasses__())
    | set(ast.cmpop.__subclasses__())
)
"""Classes below which no name stands."""


def names_below(nodes: Iterable[Any], closed: Collection[type] = ()) -> Iterator[Any]:
    """Every `Name` below `nodes`, not entering nodes of the classes `closed`."""
    pending: list[Any] = list(nodes)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is ast.Name:
            yield node
        elif kind not in _SILENT and kind not in closed:
            for child in node.__dict__.values():
                if type(child) is list:
                    pending += child
                elif type(child) not in _SILENT:
                    pending.append(child)
