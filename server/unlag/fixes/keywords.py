"""Adds keyword arguments to a call, in the form in which the call is written."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes.awaiting import following
from unlag.fixes.tree import Place, empty


def added(place: Place, call: ast.Call, words: list[str]) -> Edit:
    """The edit that puts `words`, such as `timeout=3`, behind the last argument."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    end = place.span(call)
    if not given:
        return _at(place, end.end_line, end.end_column - 1, ", ".join(words))
    last = max(given, key=place.span)
    span = place.span(last)
    if span.end_line == end.end_line:
        return _at(place, span.end_line, span.end_column, "".join(f", {word}" for word in words))
    line = place.lines[span.line - 1]
    indent = line[: len(line) - len(line.lstrip())]
    if following(place, last).startswith(","):
        text = "".join(f"{indent}{word},\n" for word in words)
        return _at(place, span.end_line + 1, 0, text)
    text = "".join(f",\n{indent}{word}" for word in words)
    return _at(place, span.end_line, span.end_column, text)


def _at(place: Place, line: int, column: int, text: str) -> Edit:
    return Edit(place.path, empty(line, column), text)
