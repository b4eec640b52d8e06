"""Takes out of a function what closes an object that others share from now on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.blocks import dedented, lines_of, replaced
from unlag.fixes.names import dotted
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place
from unlag.fixes.unused import without_statement

_CLOSING = frozenset({"close", "aclose", "disconnect", "__exit__", "__aexit__"})
_ENTERING = frozenset({"closing", "aclosing", "enter_context", "enter_async_context"})


def left_open(place: Place, name: str) -> tuple[Edit, ...] | Refusal:
    """The edits after which the function around the place no longer closes what it calls `name`."""
    assert place.function is not None
    statements = [one for one in ast.walk(place.function) if isinstance(one, ast.stmt)]
    closing = [one for one in statements if _closed_by(one) == name]
    known = {id(node) for one in closing for node in ast.walk(one)}
    if any(id(node) not in known and _closes(node, name) for node in ast.walk(place.function)):
        return Refusal(f"`{name}` is closed in the function, which would close it for all.")
    made: list[Edit] = []
    for block, owner in _blocks(place.function):
        gone = [one for one in block if one in closing]
        if not gone:
            continue
        found = (
            _without_finally(place, owner, closing)
            if isinstance(owner, ast.Try) and block is owner.finalbody and len(gone) == len(block)
            else _without(place, block, gone)
        )
        if isinstance(found, Refusal):
            return found
        made += found
    return tuple(made)


def _closed_by(statement: ast.stmt) -> str:
    """The name of what a statement closes, and does nothing else."""
    match statement:
        case (
            ast.Expr(value=ast.Await(value=ast.Call() as call)) | ast.Expr(value=ast.Call() as call)
        ):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[], keywords=[]
                ) if attr in _CLOSING:
                    return name
    return ""


def _closes(node: ast.AST, name: str) -> bool:
    """Whether a node closes or enters `name`, or hands that on."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            return owner == name and attr in _CLOSING
        case ast.withitem(context_expr=ast.Name(id=entered)):
            return entered == name
        case ast.Call(func=function, args=[ast.Name(id=given), *_]):
            return given == name and (dotted(function) or "").rpartition(".")[2] in _ENTERING
    return False


def _blocks(function: ast.AST) -> Iterator[tuple[list[ast.stmt], ast.AST]]:
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield block, node


def _without(
    place: Place, block: list[ast.stmt], gone: list[ast.stmt]
) -> tuple[Edit, ...] | Refusal:
    made = [without_statement(place, one) for one in gone]
    edits = tuple(edit for edit in made if edit is not None)
    if len(edits) < len(gone) or len(gone) == len(block):
        line = place.span(gone[0]).line
        return Refusal(f"Line {line} closes it, and cannot go by itself: take it out by hand.")
    return edits


def _without_finally(
    place: Place, block: ast.Try, closing: list[ast.stmt]
) -> tuple[Edit, ...] | Refusal:
    """The statements of a `try` without its `finally`; by themselves where nothing else is left of it."""
    assert place.function is not None
    lines = lines_of(place.up_to(place.function).at(block), block)
    if isinstance(lines, Refusal):
        return lines
    text = place.lines[lines.first - 1 : lines.last]
    last = max(place.span(one).end_line for one in (block.orelse or block.handlers or block.body))
    start = next(n for n in range(last - lines.first + 1, len(text)) if "finally" in text[n])
    if comments("\n".join(text[start:])) or comments(text[0].strip()):
        return Refusal("A comment beside what closes it would be lost.")
    if block.handlers or block.orelse:
        end = lines.first + start - 1
        gone = Span(end, len(place.lines[end - 1]), lines.last, len(text[-1]))
        return (Edit(place.path, gone, ""),)
    is_plain = text[0].strip() == "try:" and text[start].strip() == "finally:"
    if not is_plain or any(one in closing for item in block.body for one in ast.walk(item)):
        return Refusal("The `try` is written in an unusual way: take it apart by hand.")
    first = place.span(block.body[0])
    inner = place.lines[first.line - 1][: first.column].removeprefix(lines.indent)
    return (replaced(place, lines, dedented("\n".join(text[1:start]), inner)),)
