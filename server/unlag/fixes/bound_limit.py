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
    assert parameter.annotation is not None
    query = next((item for item in (default, *_metadata(parameter)) if _is_query(item)), None)
    given = _first_value(query) if query is not None and query is default else default
    if isinstance(given, ast.Constant) and isinstance(given.value, int):
        bound = str(max(int(bound), given.value))
    if isinstance(query, ast.Call):
        return (_with_keyword(place, query, f"le={bound}"),)
    annotated, called = member(place, "typing", "Annotated"), member(place, "fastapi", "Query")
    if annotated is None or called is None:
        return Refusal("`Annotated` or `Query` means something else in this file.")
    written = place.code(parameter.annotation)
    text = f"{annotated.name}[{written}, {called.name}(le={bound})]"
    edit = Edit(place.path, place.span(parameter.annotation), text)
    return tuple(sorted((*annotated.edits, *called.edits, edit), key=lambda item: item.span))


def _is_query(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and (dotted(node.func) or "").endswith("Query")


def _metadata(parameter: ast.arg) -> list[ast.expr]:
    """What `Annotated` says of a parameter beside its type."""
    node = parameter.annotation
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        return node.slice.elts[1:]
    return []


def _first_value(query: ast.expr) -> ast.expr | None:
    """The default in `Query(20)` or `Query(default=20)`."""
    assert isinstance(query, ast.Call)
    named = [item.value for item in query.keywords if item.arg == "default"]
    return next(iter((*query.args, *named)), None)


def _with_keyword(place: Place, call: ast.Call, keyword: str) -> Edit:
    """The edit that adds a last argument to a call."""
    arguments = [*call.args, *(item.value for item in call.keywords)]
    if arguments:
        last = place.span(arguments[-1])
        return Edit(place.path, empty(last.end_line, last.end_column), f", {keyword}")
    end = place.span(call)
    return Edit(place.path, empty(end.end_line, end.end_column - 1), keyword)


def _default(function: Function, parameter: ast.arg) -> ast.expr | None:
    given = function.args
    every = [*given.posonlyargs, *given.args]
    if parameter in every:
        at = every.index(parameter) - (len(every) - len(given.defaults))
        return given.defaults[at] if at >= 0 else None
    return given.kw_defaults[given.kwonlyargs.index(parameter)]
