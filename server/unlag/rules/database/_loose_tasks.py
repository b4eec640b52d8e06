"""Which tasks go on after the function that starts them, and which sessions end before."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from unlag.project.resolver import Place
from unlag.project.values import Function, each
from unlag.rules.places import dotted
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.scopes import MODULE


def is_loose(function: ast.AST, chain: Sequence[ast.AST]) -> bool:
    """Whether nobody waits for the task at the end of `chain`: it is dropped, or only kept from being collected."""
    statement = next((node for node in reversed(chain) if isinstance(node, ast.stmt)), None)
    task = chain[-1]
    match statement:
        case ast.Expr(value=value):
            return value is task or (isinstance(value, ast.Call) and _keeps(value, task))
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is task:
            return all(
                _is_kept(reading, node)
                for node, reading in _readings(function)
                if node.id == name and isinstance(node.ctx, ast.Load)
            )
    return False


def ends_with_request(view: FunctionView, name: str) -> bool:
    """Whether a parameter of a route is what a dependency yields, and closes when the request ends."""
    if not any(
        route.label == "route" for route in view.index.routes.by_function.get(view.entry.id, ())
    ):
        return False
    place = Place(view.entry.path, view.facts.parent or MODULE)
    parameter = next((item for item in view.facts.parameters if item.name == name), None)
    values = view.index.resolver.dependencies(place, parameter) if parameter is not None else []
    return any(
        isinstance(item, Function)
        and (entry := view.index.function(item.id)) is not None
        and bool(entry.facts.flags & facts.GENERATOR)
        for value in values
        for item in each(value)
    )


def _readings(function: ast.AST) -> list[tuple[ast.Name, list[ast.AST]]]:
    """Every name, with the nodes around it from the inside out."""
    found: list[tuple[ast.Name, list[ast.AST]]] = []
    pending: list[tuple[ast.AST, list[ast.AST]]] = [(function, [])]
    while pending:
        node, around = pending.pop()
        if isinstance(node, ast.Name):
            found.append((node, around))
        pending.extend((child, [node, *around]) for child in ast.iter_child_nodes(node))
    return found


def _is_kept(around: list[ast.AST], node: ast.Name) -> bool:
    """Whether a task is only put into a set, or given a callback, where its name is read."""
    first = around[0]
    if isinstance(first, ast.Attribute):
        return first.attr == "add_done_callback"
    return isinstance(first, ast.Call) and _keeps(first, node) and isinstance(around[1], ast.Expr)


def _keeps(call: ast.Call, task: ast.AST) -> bool:
    """Whether a call adds a task to a set that outlives the function."""
    owner, _, name = dotted(call.func).rpartition(".")
    return name == "add" and bool(owner) and call.args == [task]
