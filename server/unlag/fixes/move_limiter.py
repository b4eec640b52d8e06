"""Moves the statement that sets the thread limiter's tokens into the lifespan of the application.

A value that other statements work out moves only within its file, and only where the lifespan can see it.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.blocks import lines_of
from unlag.fixes.lifespan import with_statement
from unlag.fixes.names import bound_in, loaded
from unlag.fixes.raise_limiter import MODULE, NAME
from unlag.fixes.tree import Place

_BY_HAND = "More than the number of tokens depends on the limiter here: move it by hand."


class Setting(msgspec.Struct, frozen=True):
    """What sets the limiter."""

    statements: tuple[ast.stmt, ...]
    value: ast.expr


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The arguments: file and name of the lifespan, no name where there is none."""
    path, lifespan = request.arguments
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    setting = _setting(place)
    if setting is None:
        return Refusal(_BY_HAND)
    if reason := _why_it_stays(place, setting, is_same_file=path == request.path):
        return Refusal(reason)
    value = place.code(setting.value)
    added = with_statement(
        request, path, lifespan, MODULE, NAME, lambda name: f"{name}().total_tokens = {value}"
    )
    removed = _removed(place, setting)
    if isinstance(added, Refusal):
        return added
    if isinstance(removed, Refusal):
        return removed
    return tuple(sorted((*added, removed), key=lambda edit: (edit.path, edit.span)))


def _setting(place: Place) -> Setting | None:
    """The assignment around the call, or the two statements that name the limiter and set it."""
    match place.statement:
        case (
            ast.Assign(
                targets=[ast.Attribute(attr="total_tokens", value=target)], value=value
            ) as only
        ) if target is place.node:
            return Setting((only,), value)
        case ast.Assign(targets=[ast.Name(id=name)], value=call) as first if call is place.node:
            return _named(place, first, name)
    return None


def _named(place: Place, first: ast.stmt, name: str) -> Setting | None:
    holder = place.up_to(first).parent
    body: list[ast.stmt] = getattr(holder, "body", [])
    following = body[body.index(first) + 1 :] if first in body else []
    users = list(loaded(ast.walk(place.tree), name))
    match following:
        case [
            ast.Assign(
                targets=[ast.Attribute(attr="total_tokens", value=ast.Name() as target)],
                value=value,
            ) as second,
            *_,
        ] if users == [target]:
            return Setting((first, second), value)
    return None


def _why_it_stays(place: Place, setting: Setting, *, is_same_file: bool) -> str | None:
    read = {node.id for node in ast.walk(setting.value) if isinstance(node, ast.Name)}
    if read and not is_same_file:
        return "The number of tokens is worked out here, and the lifespan stands in another file."
    inner = {name for scope in place.scopes for name, _ in bound_in(scope)}
    if hidden := read & inner:
        return f"`{min(hidden)}` is only known in the function: the lifespan cannot see it."
    holder = place.up_to(setting.statements[0]).parent
    if len(getattr(holder, "body", ())) <= len(setting.statements):
        return "Nothing would be left where the limiter is set: move it by hand."
    return None


def _removed(place: Place, setting: Setting) -> Edit | Refusal:
    lines = lines_of(place.up_to(setting.statements[0]), *setting.statements)
    if isinstance(lines, Refusal):
        return lines
    if lines.last >= len(place.lines):
        return Refusal("The file does not end with a line end: move the statement by hand.")
    return Edit(place.path, Span(lines.first, 0, lines.last + 1, 0), "")
