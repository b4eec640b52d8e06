"""Gives `GZipMiddleware` a level: `compresslevel=5` behind its last argument."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.tree import Place, empty

_LEVEL = "compresslevel=5"


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Add the argument to the call at the span."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    call = place.node
    if not isinstance(call, ast.Call):
        return Refusal("No call stands here.")
    if any(item.arg in ("compresslevel", None) for item in call.keywords):
        return Refusal("The call has a level, or is given arguments nobody can see here.")
    given = [*call.args, *(item.value for item in call.keywords)]
    if not given:
        return Refusal("The call is given no application and no class.")
    return (_behind(place, max(given, key=lambda one: (one.end_lineno, one.end_col_offset))),)


def _behind(place: Place, last: ast.expr) -> Edit:
    span = place.span(last)
    line = place.lines[span.end_line - 1]
    rest = line[span.end_column :].lstrip()
    first = place.span(place.node).line
    if rest.startswith(",") and span.line != first:
        own = line[: len(line) - len(line.lstrip())]
        return Edit(place.path, empty(span.end_line + 1, 0), f"{own}{_LEVEL},\n")
    return Edit(place.path, empty(span.end_line, span.end_column), f", {_LEVEL}")
