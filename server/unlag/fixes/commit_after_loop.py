"""Moves a commit that a loop makes for every item below the loop, where it runs once.

Moves one statement; what else the loop does per item is left as it is.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.names import dotted
from unlag.fixes.tree import Place, empty


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Take the statement of the commit out of its loop and put it after the loop."""
    call = tree.expression(request)
    if isinstance(call, Refusal):
        return call
    statement = call.statement
    loop = call.chain[call.chain.index(statement) - 1]
    if not isinstance(statement, ast.Expr) or not isinstance(loop, ast.For | ast.AsyncFor):
        return Refusal("The commit is no statement of the loop's own body.")
    if statement not in loop.body:
        return Refusal("The commit stands in the loop's `else`, where it runs once already.")
    reason = _why_each(loop, statement)
    return Refusal(reason) if reason else _moved(call, statement, loop)


def _why_each(loop: ast.For | ast.AsyncFor, commit: ast.Expr) -> str | None:
    """What in the loop needs every commit for itself."""
    if len(loop.body) == 1:
        return "The loop does nothing but commit."
    own = commit.value.value if isinstance(commit.value, ast.Await) else commit.value
    for node in ast.walk(loop):
        match node:
            case ast.Call(func=ast.Attribute(attr="refresh" | "rollback" as name)):
                return f"Line {node.lineno} calls `{name}`, which needs the commit before it."
            case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Break() | ast.Continue():
                return f"Line {node.lineno} leaves the loop's body: what was done would not be committed."
            case ast.Call(func=ast.Attribute() as callee) if (
                node is not own and isinstance(own, ast.Call) and dotted(callee) == dotted(own.func)
            ):
                return "The loop commits in more than one place."
    if loop.orelse:
        return "The loop has an `else`, which would run before the commit."
    return None


def _moved(
    place: Place, commit: ast.Expr, loop: ast.For | ast.AsyncFor
) -> tuple[Edit, ...] | Refusal:
    span, around = place.span(commit), place.span(loop)
    line = place.lines[span.line - 1]
    if line[: span.column].strip() or place.lines[span.end_line - 1][span.end_column :].strip():
        return Refusal("The commit shares its line with something else: move it by hand.")
    indent = place.lines[around.line - 1][: around.column]
    text = f"{indent}{place.code(commit)}\n"
    removed = Edit(place.path, Span(span.line, 0, span.end_line + 1, 0), "")
    end = around.end_line
    if span.end_line >= len(place.lines):
        return Refusal("The file ends with the commit: move it by hand.")
    if span.end_line == end:
        return (Edit(place.path, Span(span.line, 0, end + 1, 0), text),)
    added = Edit(place.path, empty(end + 1, 0), text)
    if end >= len(place.lines):
        added = Edit(place.path, empty(end, len(place.lines[end - 1])), "\n" + text.rstrip("\n"))
    return (removed, added)
