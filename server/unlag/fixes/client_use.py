"""Has a function take a client that others share in place of the one that it builds, and not close it.

Where the shared one comes from is for others to say.
"""

from __future__ import annotations

import ast
import re
from typing import TypeGuard

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.blocks import dedented, lines_of, replaced
from unlag.fixes.left_open import left_open
from unlag.fixes.names import bound_in
from unlag.fixes.tree import Place
from unlag.fixes.unused import without_statement
from unlag.source.running import own_nodes, running

_HTTP = frozenset({"httpx", "httpx2", "aiohttp", "requests"})


def name_of(node: ast.Call, class_: str) -> str:
    """What a client of that class is called where everybody sees it."""
    root = class_.partition(".")[0]
    if root in _HTTP:
        return "http_client"
    first = node.args[0] if node.args else None
    service = first.value if isinstance(first, ast.Constant) else None
    if root in ("boto3", "aioboto3") and isinstance(service, str):
        return re.sub(r"\W", "_", f"{service}_client")
    return root if root.endswith("_client") else f"{root}_client"


def taken(place: Place, source: str, hint: str = "") -> tuple[Edit, ...] | Refusal:
    """The edits that take the client from `source`, whose type is `hint`, in place of building and closing it."""
    match place.parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            told = _told(place, name, hint)
            used = Edit(place.path, place.span(place.parent), f"{name}{told} = {source}")
            gone = without_statement(place, place.statement) if _has(place, name, source) else None
            return _shared(gone or used, left_open(place, name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            used = Edit(place.path, place.span(place.node), source)
            return _shared(used, left_open(place, name))
        case ast.withitem(optional_vars=ast.Name(id=name)):
            closing = left_open(place, name)
            if closing:
                return Refusal(f"`{name}` is closed in the block, which would close it for all.")
            statement = f"{name}{_told(place, name, hint)} = {source}"
            again = _has(place, name, source)
            unused = _without_block(place, "" if again else statement)
            return unused if isinstance(unused, Refusal) else (unused,)
        case ast.Attribute() | ast.Subscript():
            return (Edit(place.path, place.span(place.node), source),)
    return Refusal("The client has no name here: give it one first.")


def _told(place: Place, name: str, hint: str) -> str:
    """`hint`, unless the function gives the name another value too: a type is told once."""
    function = place.function
    inside = own_nodes(function) if function is not None else ()
    given = [
        node
        for node in inside
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    return hint if len(given) < 2 else ""


def _has(place: Place, name: str, source: str) -> bool:
    """Whether a statement that every way here passes has taken `name` from `source`, and none from elsewhere."""
    if place.function is None:
        return False
    nodes = list(own_nodes(place.function))
    given = {id(node.targets[0]) for node in nodes if _gives(node, name, source)}
    own = {id(node) for node in running([place.parent])}
    others = [binder for bound, binder in bound_in(place.function) if bound == name]
    if any(id(binder) not in given | own for binder in others):
        return False
    around = [one for one in place.chain if isinstance(one, ast.stmt)]
    return any(
        _gives(one, name, source)
        for statement in around[around.index(place.function) + 1 :]
        for one in _above(place.up_to(statement))
    )


def _gives(node: ast.AST, name: str, source: str) -> TypeGuard[ast.Assign]:
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=value):
            return target == name and ast.unparse(value) == source
    return False


def _above(place: Place) -> list[ast.stmt]:
    """The statements of the same block that run before the one at the place."""
    return place.block[: place.block.index(place.statement)]


def _shared(used: Edit, closing: tuple[Edit, ...] | Refusal) -> tuple[Edit, ...] | Refusal:
    return closing if isinstance(closing, Refusal) else (used, *closing)


def _without_block(place: Place, statement: str) -> Edit | Refusal:
    """The edit that puts a statement, if there is one, and the block's own lines in place of a `with` block."""
    block = place.up_to(place.statement)
    node = block.node
    assert isinstance(node, ast.With | ast.AsyncWith)
    if len(node.items) != 1:
        return Refusal(
            "The `with` enters more than the client: give the client a `with` of its own."
        )
    lines = lines_of(block, node)
    if isinstance(lines, Refusal):
        return lines
    end = node.items[0].optional_vars
    assert end is not None
    named = place.span(end)
    rest = place.lines[named.end_line - 1][named.end_column :]
    if node.body[0].lineno <= named.end_line or not re.fullmatch(r"\)?:\s*(#.*)?", rest.strip()):
        return Refusal("The head of the `with` block is written in an unusual way.")
    comment = rest[rest.index("#") :] if "#" in rest else ""
    inside = "\n".join(place.lines[named.end_line : lines.last])
    inner = place.lines[node.body[0].lineno - 1][: node.body[0].col_offset]
    first = "  ".join(filter(None, (statement, comment)))
    head = f"{lines.indent}{first}\n" if first else ""
    return replaced(place, lines, head + dedented(inside, inner.removeprefix(lines.indent)))
