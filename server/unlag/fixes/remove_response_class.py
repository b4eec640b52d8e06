"""Removes a keyword argument from a call.

The first argument is the keyword's name. That the call does the same without is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.tree import Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Take the keyword out of the call at the span."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    call = place.node
    found = [one for one in getattr(call, "keywords", ()) if one.arg == request.arguments[0]]
    if not isinstance(call, ast.Call) or not found:
        return Refusal("The call has no such argument.")
    span = _span(place, call, found[0])
    if "#" in place.between(span):
        return Refusal("A comment beside the argument would be lost.")
    return (Edit(place.path, span, ""),)


def _span(place: Place, call: ast.Call, keyword: ast.keyword) -> Span:
    """The keyword with the comma that goes with it."""
    given: list[ast.AST] = [*call.args, *call.keywords]
    given.sort(key=lambda node: place.span(node))
    index = given.index(keyword)
    own = place.span(keyword)
    if index + 1 < len(given):
        after = place.span(given[index + 1])
        return Span(own.line, own.column, after.line, after.column)
    if index:
        before = place.span(given[index - 1])
        return Span(before.end_line, before.end_column, own.end_line, own.end_column)
    return own
