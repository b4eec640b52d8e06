"""Asks for one row where all are loaded to see whether there is one: `.limit(1)` and `.first()` for `.all()`.

That rows are objects, which nobody takes for empty, is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.held_rows import holding, is_query, is_tested
from unlag.fixes.layout import linked
from unlag.fixes.limit_to_one import assigned_sending, sending
from unlag.fixes.tree import Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Load one row in place of those at the span, or of those that the name there holds."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if isinstance(place.node, ast.Name):
        held = holding(place, place.node.id)
        if isinstance(held, Refusal):
            return held
        if held.lengths:
            return Refusal(f"`{place.node.id}` is counted as well.")
        return _first(held.rows)
    if not is_tested(place):
        return Refusal("The rows are not only asked for being there.")
    made = _first(place)
    return made if isinstance(made, Refusal) else ordered((*made, *_compared(place)))


def _first(rows: Place) -> tuple[Edit, ...] | Refusal:
    """The edits that make the expression at `rows` give one row, or None."""
    while isinstance(rows.node, ast.Await):
        rows = rows.at(rows.node.value)
    taken = rows.node
    match taken:
        case ast.Call(func=ast.Attribute(attr="all", value=source), args=[], keywords=[]):
            pass
        case _:
            return Refusal("The rows are not taken with `.all()` here: change it by hand.")
    end = rows.span(taken)
    start = rows.span(source)
    line = rows.lines[end.end_line - 1]
    at = line.rfind(".all", 0, end.end_column)
    if end.end_line > start.end_line and at < 0:
        return Refusal("`.all()` is written in an unusual way.")
    name = Edit(rows.path, Span(end.end_line, at + 1, end.end_line, at + 4), "first")
    sent = sending(taken) or assigned_sending(rows)
    if sent is None:
        return (
            (name,) if is_query(rows, source) else Refusal("The statement is sent somewhere else.")
        )
    statement = sent.args[0]
    if not isinstance(statement, ast.Name | ast.Attribute | ast.Call):
        return Refusal("The statement is no plain expression: add `.limit(1)` by hand.")
    return ordered((*linked(rows.up_to(rows.tree).at(statement), ".limit(1)"), name))


def _compared(place: Place) -> tuple[Edit, ...]:
    """The edits that ask for None in place of emptiness."""
    span = place.span(place.node)
    match place.parent:
        case ast.UnaryOp():
            start = place.span(place.parent)
            left_out = Span(start.line, start.column, span.line, span.column)
            opening = place.between(left_out).removeprefix("not").lstrip()
            return (
                Edit(place.path, left_out, opening),
                Edit(place.path, tree.empty(span.end_line, span.end_column), " is None"),
            )
    return (Edit(place.path, tree.empty(span.end_line, span.end_column), " is not None"),)
