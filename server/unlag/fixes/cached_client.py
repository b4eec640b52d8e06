"""Moves a client that is built for each request into a function that builds it once and remembers it.

For functions that the lifespan does not reach: helpers and methods know no application. An equal function that the
file has already is used again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import as_value
from unlag.fixes.client_use import name_of, taken
from unlag.fixes.imports import either, insertion
from unlag.fixes.names import bound_in, dotted, meaning, unused, visible_scopes
from unlag.fixes.tree import Place

_CACHES = frozenset({"functools.lru_cache", "functools.cache"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Take the client at the span from a cached function, and define that where the file has none."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    class_ = meaning(place, call.func)
    if place.function is None or class_ is None:
        return Refusal("It is not seen where the client's class comes from.")
    if _is_remembered(place):
        return Refusal("The function remembers what it gave already.")
    local = {name for scope in visible_scopes(place) for name, _ in bound_in(scope)}
    needed = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)} & local
    if needed:
        return Refusal(f"The client is given `{sorted(needed)[0]}`, which only the function knows.")
    known = _known(place, call)
    if known:
        used = taken(place, f"{known}()")
        return used if isinstance(used, Refusal) else (used,)
    return _defined(place, call, unused(place, f"get_{name_of(call, class_)}"))


def _defined(place: Place, call: ast.Call, name: str) -> tuple[Edit, ...] | Refusal:
    module = place.up_to(place.tree)
    found = either(module, "functools", "lru_cache")
    if found is None:
        return Refusal("`lru_cache` means something else in this module.")
    used = taken(place, f"{name}()")
    if isinstance(used, Refusal):
        return used
    callee = dotted(call.func) or ""
    hint = f" -> {callee}" if callee.rpartition(".")[2][:1].isupper() else ""
    text = f"@{found.name}\ndef {name}(){hint}:\n    return {as_value(place, '    ')}\n\n\n"
    return ordered((*found.edits, insertion(module, _first(place), text), used))


def _first(place: Place) -> int:
    """The line of the file's first function or class: the same for all clients, so that equal ones meet."""
    definitions = [
        statement
        for statement in place.tree.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        or statement is place.chain[1]
    ]
    first = definitions[0]
    decorators = getattr(first, "decorator_list", ())
    line: int = min([first.lineno, *(one.lineno for one in decorators)])
    while line > 1 and place.lines[line - 2].startswith("#"):
        line -= 1
    return line


def _known(place: Place, call: ast.Call) -> str:
    """The name of a cached function of the file that builds an equal client."""
    wanted = ast.unparse(call)
    for function in place.tree.body:
        if isinstance(function, ast.FunctionDef) and any(_caching(place, function)):
            match function.body[-1]:
                case ast.Return(value=ast.Call() as made) if ast.unparse(made) == wanted:
                    if len(function.body) == 1 and not any(ast.iter_child_nodes(function.args)):
                        return function.name
    return ""


def _is_remembered(place: Place) -> bool:
    functions = [node for node in place.chain if isinstance(node, tree.Function)]
    return any(flag for function in functions for flag in _caching(place, function))


def _caching(place: Place, function: tree.Function) -> Iterator[bool]:
    for decorator in function.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        yield meaning(place.up_to(place.tree), callee) in _CACHES
