"""Gives the function around a place a return annotation: the first argument, with the imports in the others."""

from __future__ import annotations

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.annotation import annotated
from unlag.fixes.awaiting import ordered


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Annotate the function that the span stands in."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    function = place.function
    if function is None:
        return Refusal("The place stands in no function.")
    if function.returns is not None:
        return Refusal(f"`{function.name}` has a return annotation already.")
    made = annotated(place.up_to(function), request.arguments)
    return made if isinstance(made, Refusal) else ordered(made)
