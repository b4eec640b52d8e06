"""Turns a `def` into an `async def`, which FastAPI runs on the event loop.

It looks at one file: that the body does not wait, and that no other file calls it, is for the rule to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.names import dotted
from unlag.fixes.tree import Place, empty
from unlag.source.running import own_nodes

_TAKES_EITHER = frozenset(
    {"Depends", "Security", "add_api_route", "APIRoute", "add_route", "Route"}
)
_REMEMBERING = frozenset({"lru_cache", "cache", "cached"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put `async` before the function whose name stands at the span."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    found = [node for node in inside.chain if isinstance(node, ast.FunctionDef)]
    if not found:
        return Refusal("The place stands in no `def`.")
    function = found[-1]
    place = inside.up_to(function)
    reason = _reason(place, function)
    if reason:
        return Refusal(reason)
    span = place.span(function)
    return (Edit(place.path, empty(span.line, span.column), "async "),)


def _reason(place: Place, function: ast.FunctionDef) -> str | None:
    """Why the function has to stay as it is."""
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function)):
        return f"`{function.name}` is a generator: write an asynchronous one by hand."
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = dotted(called) or ""
        if name.rpartition(".")[2] in _REMEMBERING:
            return f"`@{name}` would remember a coroutine, which can be awaited once only."
    if isinstance(place.parent, ast.ClassDef):
        return f"`{function.name}` is a method: who calls it is not seen here."
    for line in _uses(place.tree, function.name):
        return f"`{function.name}` is used in line {line}, where a plain function is expected."
    return None


def _uses(module: ast.Module, name: str) -> Iterator[int]:
    """Lines that use the function other than by handing it to the framework."""
    harmless = {id(given) for node in ast.walk(module) for given in _given_to_framework(node)}
    for node in ast.walk(module):
        is_use = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name
        if is_use and id(node) not in harmless:
            yield node.lineno  # type: ignore[attr-defined] # a Name, as was just tested


def _given_to_framework(node: ast.AST) -> list[ast.expr]:
    """What takes plain functions as well as coroutine functions: calls, and keys of overrides."""
    match node:
        case ast.Call(func=callee, args=given, keywords=named):
            if (dotted(callee) or "").rpartition(".")[2] in _TAKES_EITHER:
                return [*given, *(keyword.value for keyword in named)]
        case ast.Subscript(value=ast.Attribute(attr="dependency_overrides"), slice=key):
            return [key]
    return []
