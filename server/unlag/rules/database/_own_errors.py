"""Functions that take back alone what fails, so that one item's error spoils no other."""

from __future__ import annotations

import ast

from unlag.rules.places import tree_of
from unlag.rules.view import FunctionView

_ALL = ("Exception", "BaseException")


def keeps_errors(view: FunctionView, function: str) -> bool:
    """Whether a function commits in a `try`, and rolls back and goes on whatever the error is."""
    entry = view.index.function(function)
    tree = tree_of(view.index, entry) if entry is not None else None
    if tree is None:
        return False
    return any(
        isinstance(node, ast.Try)
        and any(_calls(statement, "commit") for statement in node.body)
        and any(_takes_back(handler) for handler in node.handlers)
        for node in ast.walk(tree.node)
    )


def takes_one_back(body: list[ast.stmt]) -> bool:
    """Whether a loop's body rolls back what failed for one item and goes on with the next one."""
    return any(
        isinstance(node, ast.Try)
        and any(_goes_on(handler) and _calls(handler, "rollback") for handler in node.handlers)
        for statement in body
        for node in ast.walk(statement)
    )


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether whatever the error is, a handler raises none."""
    kind = handler.type
    return _goes_on(handler) and (kind is None or (isinstance(kind, ast.Name) and kind.id in _ALL))


def _goes_on(handler: ast.ExceptHandler) -> bool:
    return not any(isinstance(below, ast.Raise) for below in ast.walk(handler))


def _takes_back(handler: ast.ExceptHandler) -> bool:
    return catches_all(handler) and _calls(handler, "rollback")


def _calls(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(below, ast.Call)
        and isinstance(below.func, ast.Attribute)
        and below.func.attr == name
        for below in ast.walk(node)
    )
