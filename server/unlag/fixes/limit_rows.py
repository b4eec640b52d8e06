"""Gives an endpoint a `limit` that the client chooses up to a bound, and its query that limit.

Arguments: the bound.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import member
from unlag.fixes.layout import linked
from unlag.fixes.limit_to_one import assigned_sending, sending
from unlag.fixes.names import bound_in
from unlag.fixes.signatures import with_last_parameter
from unlag.fixes.tree import Place
from unlag.source.running import Function

_LIMIT = "limit"
_READING = frozenset({"all", "to_list"})
_SHARED = frozenset({"all", "filter", "find_all", "find"})
"""What begins a query of Tortoise, or goes on with it: `all()` reads nothing there."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Bound what the query at the span gives."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    function = place.function
    statement = _statement(place)
    if not isinstance(function, Function) or statement is None:
        return Refusal("The query stands somewhere else: bound it there.")
    if any(name == _LIMIT for name, _ in bound_in(function)):
        return Refusal(f"`{_LIMIT}` means something else in `{function.name}`: bound it by hand.")
    annotated, called = member(place, "typing", "Annotated"), member(place, "fastapi", "Query")
    if annotated is None or called is None:
        return Refusal("`Annotated` or `Query` means something else in this file.")
    (bound,) = request.arguments
    written = f"{_LIMIT}: {annotated.name}[int, {called.name}(le={bound})] = {bound}"
    parameter = with_last_parameter(place.up_to(function), written)
    if isinstance(parameter, Refusal):
        return parameter
    more = linked(place.up_to(place.tree).at(statement), f".limit({_LIMIT})")
    return ordered((*annotated.edits, *called.edits, parameter, *more))


def _statement(place: Place) -> ast.expr | None:
    """What `.limit(...)` goes behind: a statement that is sent, or a query that is read."""
    sent = sending(place.node) or assigned_sending(place)
    if sent is not None:
        first = sent.args[0]
        return first if isinstance(first, ast.Name | ast.Attribute | ast.Call) else None
    node = place.node
    is_awaited = isinstance(node, ast.Await)
    node = node.value if isinstance(node, ast.Await) else node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    owner = node.func.value
    if node.func.attr in _READING and isinstance(owner, ast.Call):
        return node if is_awaited and node.func.attr != "to_list" else owner
    return node if is_awaited and node.func.attr in _SHARED else None
