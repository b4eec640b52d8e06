"""Gives a number that the client chooses a bound: `limit: int = 100` becomes one with `Query(le=100)`.

Arguments: the parameter's name and the bound.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.imports import member
from unlag.fixes.names import dotted
from unlag.fixes.tree import Function, Place, empty


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Bound the parameter of the function that the finding stands in."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    name, bound = request.arguments
    found = [node for node in inside.chain if isinstance(node, Function)]
    for function in reversed(found):
        given = function.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        parameter = next((item for item in every if item.arg == name), None)
        if parameter is not None and parameter.annotation is not None:
            return _bounded(inside.up_to(function), function, parameter, bound)
    return Refusal(f"`{name}` is no parameter with a type here.")


def _bounded(
    place: Place, function: Function, parameter: ast.arg, bound: str
) -> tuple[Edit, ...] | Refusal:
    default = _default(function, parameter)
    if isinstance(default, ast.Call) and (dotted(default.func) or "").endswith("Query"):
        last = place.span([*default.args, *(keyword.value for keyword in default.keywords)][-1])
        return (Edit(place.path, empty(last.end_line, last.end_column), f", le={bound}"),)
    if isinstance(default, ast.Constant) and isinstance(default.value, int):
        bound = str(max(int(bound), default.value))
    annotated, query = member(place, "typing", "Annotated"), member(place, "fastapi", "Query")
    if annotated is None or query is None:
        return Refusal("`Annotated` or `Query` means something else in this file.")
    assert parameter.annotation is not None
    written = place.code(parameter.annotation)
    text = f"{annotated.name}[{written}, {query.name}(le={bound})]"
    edit = Edit(place.path, place.span(parameter.annotation), text)
    return tuple(sorted((*annotated.edits, *query.edits, edit), key=lambda item: item.span))


def _default(function: Function, parameter: ast.arg) -> ast.expr | None:
    given = function.args
    every = [*given.posonlyargs, *given.args]
    if parameter in every:
        at = every.index(parameter) - (len(every) - len(given.defaults))
        return given.defaults[at] if at >= 0 else None
    return given.kw_defaults[given.kwonlyargs.index(parameter)]
