"""Gives a number that the client chooses a bound: `limit: int = 100` becomes one with `Query(le=100)`.

Arguments: the parameter's name and the bound.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.imports import member
from unlag.fixes.names import dotted
from unlag.fixes.tree import Place
from unlag.source.running import Function
from unlag.source.signature import metadata_of, with_defaults


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Bound the parameter of the function that the finding stands in."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    name, bound = request.arguments
    found = [node for node in inside.chain if isinstance(node, Function)]
    for function in reversed(found):
        for parameter, default in with_defaults(function.args):
            if parameter.arg == name and parameter.annotation is not None:
                return _bounded(inside.up_to(function), parameter, default, bound)
    return Refusal(f"`{name}` is no parameter with a type here.")


def _bounded(
    place: Place, parameter: ast.arg, default: ast.expr | None, bound: str
) -> tuple[Edit, ...] | Refusal:
    assert parameter.annotation is not None
    query = next((item for item in (default, *metadata_of(parameter)) if _is_query(item)), None)
    given = _first_value(query) if query is not None and query is default else default
    if isinstance(given, ast.Constant) and given.value is None:
        return Refusal(
            f"`{parameter.arg}` is None where the client says nothing: give it a number."
        )
    if isinstance(given, ast.Constant) and isinstance(given.value, int):
        bound = str(max(int(bound), given.value))
    if isinstance(query, ast.Call):
        return (keywords.added(place, query, [f"le={bound}"]),)
    annotated, called = member(place, "typing", "Annotated"), member(place, "fastapi", "Query")
    if annotated is None or called is None:
        return Refusal("`Annotated` or `Query` means something else in this file.")
    written = place.code(parameter.annotation)
    text = f"{annotated.name}[{written}, {called.name}(le={bound})]"
    edit = Edit(place.path, place.span(parameter.annotation), text)
    return tuple(sorted((*annotated.edits, *called.edits, edit), key=lambda item: item.span))


def _is_query(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and (dotted(node.func) or "").endswith("Query")


def _first_value(query: ast.expr) -> ast.expr | None:
    """The default in `Query(20)` or `Query(default=20)`."""
    assert isinstance(query, ast.Call)
    named = [item.value for item in query.keywords if item.arg == "default"]
    return next(iter((*query.args, *named)), None)
