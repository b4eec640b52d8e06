"""Moves a commit that a loop makes for every item below the loop, where it runs once.

Below the outermost loop where loops around it would commit for every item in turn, with the other commits of those
loops. What else the loops do per item is left as it is. Where a loop goes on with what it has added to a session,
whose keys only the database gives, a `flush` stays in the commit's place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.names import bound_by, dotted
from unlag.fixes.tree import Place, empty

_ADDING = frozenset({"add", "add_all", "merge"})
_SESSIONS = ("Session.commit", "scoped_session.commit")

_Loop = ast.For | ast.AsyncFor


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Take the commit out of as many loops as the second argument says, one unless it is given."""
    call = tree.expression(request)
    if isinstance(call, Refusal):
        return call
    name, *counted = request.arguments or ("",)
    loop = _loop(call, int(counted[0]) if counted else 1)
    if isinstance(loop, Refusal):
        return loop
    reason = _why_each(loop, call.statement)
    if reason:
        return Refusal(reason)
    added = _below(call, call.statement, loop)
    edited = []
    for commit in _commits(loop, _call_of(call.statement)):
        if name.endswith(_SESSIONS) and _goes_on_with_added(loop, commit):
            edit = _flushed(call, commit)
        else:
            edit = _removed(call, commit)
        if isinstance(edit, Refusal):
            return edit
        edited.append(edit)
    last = edited[-1]
    if not last.text and last.span.end_line == added.span.line:
        return (*edited[:-1], Edit(added.path, last.span, added.text))
    return (*edited, added)


def _loop(call: Place, count: int) -> _Loop | Refusal:
    """The outermost of `count` loops, each of which runs the next, and the last the commit, for every item."""
    at = call.chain.index(call.statement)
    for outer, inner in zip(
        call.chain[at - count : at], call.chain[at - count + 1 :], strict=False
    ):
        if not isinstance(outer, _Loop) or not isinstance(call.statement, ast.Expr):
            return Refusal("The commit is no statement of the loop's own body.")
        if inner not in outer.body:
            return Refusal("The commit stands in the loop's `else`, where it runs once already.")
    loop = call.chain[at - count]
    return loop if isinstance(loop, _Loop) else Refusal("The commit stands in no loop.")


def _call_of(statement: ast.stmt) -> str:
    """What a statement calls, as it is written; empty where it does anything else."""
    if not isinstance(statement, ast.Expr):
        return ""
    value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    return dotted(value.func) or "" if isinstance(value, ast.Call) else ""


def _commits(loop: _Loop, called: str) -> Iterator[ast.Expr]:
    """The statements that commit for every item of a loop, and of the loops that it runs for every item."""
    for statement in loop.body:
        if isinstance(statement, _Loop):
            yield from _commits(statement, called)
        elif isinstance(statement, ast.Expr) and _call_of(statement) == called:
            yield statement


def _goes_on_with_added(loop: _Loop, commit: ast.Expr) -> bool:
    """Whether a loop reads, below the commit, something that it made or added above."""
    place = next(at for at, one in enumerate(loop.body) if commit in ast.walk(one))
    within = loop.body[place]
    if isinstance(within, _Loop) and _goes_on_with_added(within, commit):
        return True
    above = [node for statement in loop.body[: place + 1] for node in ast.walk(statement)]
    made = {name for node in above for name in bound_by(node)}
    for node in above:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _ADDING:
                made.update(_named_in(node.args))
    below = (node for statement in loop.body[place + 1 :] for node in ast.walk(statement))
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in made
        for node in below
    )


def _named_in(arguments: list[ast.expr]) -> Iterator[str]:
    """The names of objects that are handed over as they are, or in a list."""
    for argument in arguments:
        if isinstance(argument, ast.Name):
            yield argument.id
        elif isinstance(argument, ast.List | ast.Tuple):
            yield from _named_in(argument.elts)


def _why_each(loop: _Loop, commit: ast.stmt) -> str | None:
    """What in the loop needs every commit for itself."""
    called = _call_of(commit)
    commits = 0
    for node in ast.walk(loop):
        match node:
            case ast.Call(func=ast.Attribute(attr="refresh" | "rollback" as name)):
                return f"Line {node.lineno} calls `{name}`, which needs the commit before it."
            case (
                ast.Return()
                | ast.Raise()
                | ast.Yield()
                | ast.YieldFrom()
                | ast.Break()
                | ast.Continue()
            ):
                return f"Line {node.lineno} leaves the loop's body: what was done would not be committed."
            case ast.Call(func=ast.Attribute() as callee) if dotted(callee) == called:
                commits += 1
            case ast.For(body=[only]) | ast.AsyncFor(body=[only]) if _call_of(only) == called:
                return "The loop does nothing but commit."
            case ast.For(orelse=[_, *_]) | ast.AsyncFor(orelse=[_, *_]):
                return "The loop has an `else`, which would run before the commit."
    if commits > sum(1 for _ in _commits(loop, called)):
        return "The loop commits in more than one place."
    return None


def _flushed(place: Place, commit: ast.Expr) -> Edit | Refusal:
    call = commit.value.value if isinstance(commit.value, ast.Await) else commit.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return Refusal("The loop goes on with what it has added, which needs the commit before it.")
    name = place.span(call.func)
    start = name.end_column - len(call.func.attr)
    return Edit(place.path, Span(name.end_line, start, name.end_line, name.end_column), "flush")


def _removed(place: Place, commit: ast.Expr) -> Edit | Refusal:
    span = place.span(commit)
    line = place.lines[span.line - 1]
    if line[: span.column].strip() or place.lines[span.end_line - 1][span.end_column :].strip():
        return Refusal("The commit shares its line with something else: move it by hand.")
    if span.end_line >= len(place.lines):
        return Refusal("The file ends with the commit: move it by hand.")
    return Edit(place.path, Span(span.line, 0, span.end_line + 1, 0), "")


def _below(place: Place, commit: ast.stmt, loop: _Loop) -> Edit:
    """An edit that puts the commit in the line below its loop."""
    around = place.span(loop)
    text = f"{place.lines[around.line - 1][: around.column]}{place.code(commit)}\n"
    end = around.end_line
    if end < len(place.lines):
        return Edit(place.path, empty(end + 1, 0), text)
    return Edit(place.path, empty(end, len(place.lines[end - 1])), "\n" + text.rstrip("\n"))
