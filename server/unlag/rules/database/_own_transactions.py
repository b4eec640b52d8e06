"""Helpers that keep each item's change from the others, or hold something for it: nothing can be sent at once."""

from __future__ import annotations

import ast

from unlag.project.function_kinds import is_context
from unlag.rules.database._reaches import Behind
from unlag.rules.database._way_places import Place, places_of
from unlag.rules.places import last_name
from unlag.rules.view import FunctionView


def is_of_its_own(view: FunctionView, before: ast.AST, way: Behind) -> bool:
    """Whether a way from the call `before` in a loop ends in a savepoint, or enters a context, for each item."""
    places = list(places_of(view, before, way.steps[1:]))
    return any(map(_has_savepoint, places)) or any(
        is_context(place.entry.facts) for place in places[:1]
    )


def _has_savepoint(place: Place) -> bool:
    """Whether a `with` around a call begins a transaction within one: `with session.begin_nested():`."""
    return any(
        isinstance(node, ast.With | ast.AsyncWith)
        and any(
            isinstance(item.context_expr, ast.Call)
            and last_name(item.context_expr.func) == "begin_nested"
            for item in node.items
        )
        for node in place.chain
    )
