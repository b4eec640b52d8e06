"""Calls a model in place of its `model_construct`: `Item.model_construct(a=1)` becomes `Item(a=1)`."""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Take the method's name out of the call at the span."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    match place.node:
        case ast.Call(
            func=ast.Attribute(attr="model_construct" | "construct", value=owner) as method
        ):
            start, end = place.span(owner), place.span(method)
            span = Span(start.end_line, start.end_column, end.end_line, end.end_column)
            if not place.between(span).startswith("."):
                return Refusal("Something else stands between the class and the method.")
            return (Edit(place.path, span, ""),)
    return Refusal("This does not construct a model.")
