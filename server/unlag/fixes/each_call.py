"""Passes what a client is given, such as a time-out, with each of its calls instead.

So one client does for all who ask with different options.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.keywords import added
from unlag.fixes.names import bound_among
from unlag.fixes.tree import Place
from unlag.source.running import Function

_ASKING = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"}
)
_JOINED = frozenset({"headers", "params", "cookies"})
"""What a client adds to what a call has of its own."""


def passed(place: Place, call: ast.Call, names: tuple[str, ...]) -> tuple[Edit, ...] | Refusal:
    """The edits that move the keywords `names` from the client's `call` to each call of the client; the client's first.

    The client's call has one line afterwards.
    """
    client = _named(place)
    moved = [item for item in call.keywords if item.arg in names]
    kept = [item for item in (*call.args, *call.keywords) if item not in moved]
    if place.function is None or not client or not moved:
        return Refusal("The client has no name here: give it one first.")
    if any("\n" in place.code(item) or "#" in place.code(item) for item in (*moved, *kept)):
        return Refusal("The client's options take several lines: pass them with each call by hand.")
    asking = list(_asking(place.function, client))
    reason = _obstacle(place.function, call, client, moved, asking)
    if reason:
        return Refusal(reason)
    given = ", ".join(place.code(item) for item in kept)
    bare = Edit(place.path, place.span(call), f"{place.code(call.func)}({given})")
    return (bare, *(edit for one in asking for edit in _told(place, one, moved)))


def _named(place: Place) -> str:
    match place.parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.withitem(optional_vars=ast.Name(id=name)):
            return name
    return ""


def _asking(function: Function, client: str) -> Iterator[ast.Call]:
    """The requests that a function makes with a client."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if name == client:
                if attr in _ASKING:
                    yield node


def _obstacle(
    function: Function,
    call: ast.Call,
    client: str,
    moved: list[ast.keyword],
    asking: list[ast.Call],
) -> str:
    """Why the options cannot be passed with each request; empty where they can."""
    read = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == client and isinstance(node.ctx, ast.Load)
    ]
    if not asking or len(read) > len(asking):
        return f"`{client}` is used for more than requests: pass its options by hand."
    for one in asking:
        own = {item.arg for item in one.keywords}
        if None in own or own & {item.arg for item in moved} & _JOINED:
            return "A request has options of its own that the client's would be joined with."
    if len(asking) > 1 and any(
        isinstance(node, ast.Call) for item in moved for node in ast.walk(item)
    ):
        return "An option is worked out by a call, once for several requests: give it a name first."
    needed = {node.id for item in moved for node in ast.walk(item) if isinstance(node, ast.Name)}
    later = (node for node in ast.walk(function) if getattr(node, "lineno", 0) > call.lineno)
    changed = needed & {name for name, _ in bound_among(later)}
    return f"`{sorted(changed)[0]}` is changed after the client was made." if changed else ""


def _told(place: Place, call: ast.Call, moved: list[ast.keyword]) -> Iterator[Edit]:
    own = {item.arg for item in call.keywords}
    words = [place.code(item) for item in moved if item.arg not in own]
    if words:
        yield added(place, call, words)
