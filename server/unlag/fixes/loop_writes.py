"""What keeps rows from being loaded before a loop: it writes, or what it runs over cannot be gone through twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.fixes.names import bound_among, bound_by, dotted, origins_of
from unlag.fixes.tree import Place
from unlag.source.lookups import Lookup
from unlag.source.running import Function

_READING = frozenset({"get", "query", "scalars", "scalar"})
_WRITING = frozenset({"update", "delete", "insert"})
_AGAIN = frozenset({"list", "set", "tuple", "dict", "frozenset", "sorted"})
_ANNOTATED = ("list", "set", "tuple", "dict", "frozenset", "sequence", "mapping", "collection")
_DISPLAYS = (ast.List, ast.Set, ast.Dict, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp)
_VIEWS = frozenset({"items", "keys", "values"})


def obstacle(loop: Place, found: Lookup) -> str | None:
    """Why the look-up in the loop at `loop` cannot be asked for all items before; None where nothing is in the way."""
    node = loop.node
    assert isinstance(node, ast.For)
    body = [inner for statement in node.body for inner in ast.walk(statement)]
    targets = set(_bound(node.target))
    rebound = {name for name, _ in bound_among(body)}
    bound = rebound | targets
    key = {n.id for n in ast.walk(found.key) if isinstance(n, ast.Name)}
    is_plain = isinstance(found.key, ast.Name | ast.Attribute | ast.Subscript)
    if not is_plain or not key <= targets - rebound or _is_set(body, found.key):
        return "The key is worked out in the loop: collect the keys by hand."
    if any(isinstance(inner, ast.Continue) for inner in body) and not isinstance(
        found.key, ast.Name
    ):
        return "Items can be left out before they are looked up: collect the keys by hand."
    session = ast.unparse(found.session)
    if session.partition(".")[0] in bound:
        return f"Each item gets a `{session}` of its own."
    if not _is_gone_through_again(loop, node.iter) or _changes(body, node.iter):
        return "It is not seen that what the loop runs over can be gone through twice."
    own = set(map(id, ast.walk(found.whole)))
    return next(_writes([inner for inner in body if id(inner) not in own], session), None)


def _is_set(body: list[ast.AST], key: ast.expr) -> bool:
    """Whether the loop gives another value to an attribute or an item that is the key."""
    return any(
        isinstance(node, ast.Attribute | ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        and ast.unparse(node) == ast.unparse(key)
        for node in body
    )


def _bound(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        yield from bound_by(node)


def _writes(body: list[ast.AST], session: str) -> Iterator[str]:
    """Why rows could be others by the time the loop gets to them."""
    for node in body:
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                if ast.unparse(owner) == session and attr not in _READING:
                    yield f"The loop calls `{session}.{attr}` as well: what it changes would not be seen."
                if attr in _WRITING and session in ast.unparse(owner):
                    yield f"The loop calls `{attr}` of a query: what it changes would not be seen."
        if isinstance(node, ast.Call):
            given = [*node.args, *(item.value for item in node.keywords)]
            if any(ast.unparse(one) == session for one in given):
                yield f"The loop hands `{session}` on: what it changes would not be seen."


def _is_gone_through_again(loop: Place, iterated: ast.expr) -> bool:
    match iterated:
        case ast.Call(func=ast.Attribute(attr=attr, value=owner), args=[], keywords=[]):
            return attr in _VIEWS and dotted(owner) is not None
        case ast.Attribute():
            return dotted(iterated) is not None
        case ast.Name(id=name):
            function = loop.function
            origins = origins_of(loop, name) if isinstance(function, Function) else []
            return bool(origins) and all(map(_is_kept, origins))
    return False


def _is_kept(origin: ast.AST | None) -> bool:
    """Whether a value, or what an annotation stands for, holds its items."""
    match origin:
        case ast.Call(func=ast.Name(id=name)):
            return name in _AGAIN
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in ("all", "fetchall")
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(value=ast.Name(id=name)):
            return name.lower() in _ANNOTATED
        case ast.Subscript(value=ast.Attribute(attr=name)):
            return name.lower() in _ANNOTATED
    return isinstance(origin, _DISPLAYS)


def _changes(body: list[ast.AST], iterated: ast.expr) -> bool:
    """Whether the loop calls a method of what it runs over."""
    name = ast.unparse(iterated).partition("(")[0]
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == name
        for node in body
    )
