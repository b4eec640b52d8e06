"""Moves a commit that a loop makes for every item below the loop, where it runs once.

Moves one statement; what else the loop does per item is left as it is. Where the loop goes on with what it has added
to a session, whose keys only the database gives, a `flush` stays in its place.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.names import bound_by, dotted
from unlag.fixes.tree import Place, empty

_ADDING = frozenset({"add", "add_all", "merge"})
_SESSIONS = ("Session.commit", "scoped_session.commit")


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
    if reason:
        return Refusal(reason)
    if _is_session(request.arguments) and _goes_on_with_added(loop, statement):
        return _flushed(call, statement, loop)
    return _moved(call, statement, loop)


def _is_session(arguments: tuple[str, ...]) -> bool:
    return any(name.endswith(_SESSIONS) for name in arguments)


def _goes_on_with_added(loop: ast.For | ast.AsyncFor, commit: ast.Expr) -> bool:
    """Whether the loop reads, below the commit, something that it made or added above."""
    place = loop.body.index(commit)
    above = [node for statement in loop.body[:place] for node in ast.walk(statement)]
    made = {name for node in above for name in bound_by(node)}
    for node in above:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _ADDING:
                made |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    below = (node for statement in loop.body[place + 1 :] for node in ast.walk(statement))
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in made
        for node in below
    )


def _flushed(
    place: Place, commit: ast.Expr, loop: ast.For | ast.AsyncFor
) -> tuple[Edit, ...] | Refusal:
    call = commit.value.value if isinstance(commit.value, ast.Await) else commit.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return Refusal("The loop goes on with what it has added, which needs the commit before it.")
    name = place.span(call.func)
    start = name.end_column - len(call.func.attr)
    written = Edit(place.path, Span(name.end_line, start, name.end_line, name.end_column), "flush")
    return (written, _below(place, commit, loop))


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
    removed = Edit(place.path, Span(span.line, 0, span.end_line + 1, 0), "")
    end = around.end_line
    if span.end_line >= len(place.lines):
        return Refusal("The file ends with the commit: move it by hand.")
    added = _below(place, commit, loop)
    if span.end_line == end:
        return (Edit(place.path, Span(span.line, 0, end + 1, 0), added.text),)
    return (removed, added)


def _below(place: Place, commit: ast.Expr, loop: ast.For | ast.AsyncFor) -> Edit:
    """An edit that puts the commit in the line below its loop."""
    around = place.span(loop)
    text = f"{place.lines[around.line - 1][: around.column]}{place.code(commit)}\n"
    end = around.end_line
    if end < len(place.lines):
        return Edit(place.path, empty(end + 1, 0), text)
    return Edit(place.path, empty(end, len(place.lines[end - 1])), "\n" + text.rstrip("\n"))
