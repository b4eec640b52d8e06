"""Takes keyword arguments out of a call; the offer's arguments are their names. Comments stay."""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.tree import Place

_COMMA = re.compile(r"\s*,[ \t]*")
_BETWEEN = re.compile(r"\s*,\s*")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The call without those arguments."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    given = sorted(arguments, key=lambda one: (one.lineno, one.col_offset))
    unwanted = [
        number
        for number, one in enumerate(given)
        if isinstance(one, ast.keyword) and one.arg in request.arguments
    ]
    if not unwanted:
        return Refusal("The text has changed: the call has no such argument.")
    spans = [place.span(one) for one in given]
    return tuple(Edit(request.path, _cut(place, spans, number), "") for number in unwanted)


def _cut(place: Place, spans: list[Span], number: int) -> Span:
    """What to cut for one argument: with the comma before it, else with the one behind it."""
    span = spans[number]
    if number:
        before = spans[number - 1]
        gap = Span(before.end_line, before.end_column, span.line, span.column)
        if _BETWEEN.fullmatch(place.between(gap)):
            return Span(gap.line, gap.column, span.end_line, span.end_column)
    first_line, last_line = place.lines[span.line - 1], place.lines[span.end_line - 1]
    has_own_lines = not first_line[: span.column].strip()
    if has_own_lines and last_line[span.end_column :].strip() in ("", ","):
        return Span(span.line, 0, span.end_line + 1, 0)
    last = len(place.lines)
    rest = place.between(Span(span.end_line, span.end_column, last, len(place.lines[last - 1])))
    comma = _COMMA.match(rest)
    width = len(comma[0]) if comma is not None and "\n" not in comma[0] else 0
    return Span(span.line, span.column, span.end_line, span.end_column + width)
