"""Adds keyword arguments to a call, in the form in which the call is written."""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes.awaiting import following
from unlag.fixes.layout import width_of
from unlag.fixes.tree import Place, empty


def added(place: Place, call: ast.Call, words: list[str]) -> Edit:
    """The edit that puts `words`, such as `timeout=3`, behind the last argument."""
    given: list[ast.expr | ast.keyword] = sorted([*call.args, *call.keywords], key=place.span)
    end = place.span(call)
    if not given:
        return _at(place, end.end_line, end.end_column - 1, ", ".join(words))
    last = given[-1]
    span = place.span(last)
    if span.end_line == end.end_line:
        return _at(place, span.end_line, span.end_column, "".join(f", {word}" for word in words))
    line = place.lines[span.line - 1]
    indent = line[: len(line) - len(line.lstrip())]
    first = place.span(given[0])
    is_one_line = first.line == span.end_line and not line[: first.column].strip()
    if is_one_line and not following(place, last):
        return _beside(place, given, words)
    if following(place, last).startswith(","):
        text = "".join(f"{indent}{word},\n" for word in words)
        return _at(place, span.end_line + 1, 0, text)
    text = "".join(f",\n{indent}{word}" for word in words)
    return _at(place, span.end_line, span.end_column, text)


def _beside(place: Place, given: list[ast.expr | ast.keyword], words: list[str]) -> Edit:
    """The edit where all arguments share a line: so do the words, or each gets a line of its own."""
    first, last = place.span(given[0]), place.span(given[-1])
    indent = place.lines[first.line - 1][: first.column]
    if last.end_column + len(", ".join(["", *words])) <= width_of(place):
        return _at(place, last.end_line, last.end_column, ", ".join(["", *words]))
    lines = [*(place.code(one) for one in given), *words]
    span = Span(first.line, first.column, last.end_line, last.end_column)
    return Edit(place.path, span, f",\n{indent}".join(lines) + ",")


def _at(place: Place, line: int, column: int, text: str) -> Edit:
    return Edit(place.path, empty(line, column), text)
