"""Hands work to FastAPI's thread pool instead of the event loop's default executor."""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import member
from unlag.fixes.tree import Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """`run_in_threadpool(f, ...)` for the call at the span."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    start = _start(place, call)
    if isinstance(start, Refusal):
        return start
    run = member(
        place, "fastapi.concurrency", "run_in_threadpool", "starlette.concurrency.run_in_threadpool"
    )
    if run is None:
        return Refusal("`run_in_threadpool` means something else here.")
    return ordered((*run.edits, Edit(place.path, start, f"{run.name}(")))


def _start(place: Place, call: ast.Call) -> Span | Refusal:
    """What is written before the function that is handed over."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    whole, function = place.span(call), place.span(call.func)
    if name == "to_thread":
        return Span(whole.line, whole.column, function.end_line, function.end_column + 1)
    if name != "run_in_executor" or len(call.args) < 2:
        return Refusal("The call names no function to hand over.")
    if not isinstance(place.parent, ast.Await):
        return Refusal("The future is not awaited here, and would start only once it is.")
    first = place.span(call.args[1])
    if first.line != whole.line and place.lines[first.line - 1][: first.column].strip():
        return Refusal("The arguments stand on several lines: change it by hand.")
    if "#" in place.between(Span(whole.line, whole.column, first.line, first.column)):
        return Refusal("A comment stands between the arguments: change it by hand.")
    return Span(whole.line, whole.column, first.line, first.column)
