"""Gives the function around a place the return annotation in the first argument."""

from __future__ import annotations

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.annotation import with_annotation


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
    made = with_annotation(place, function, request.arguments[0])
    return made or Refusal("It cannot be told where the function's parameters end.")
