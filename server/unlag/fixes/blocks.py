"""Whole lines of statements: where they start, how deep they stand, the same one level deeper.

Text inside of string literals is never indented, so no value changes.
"""

from __future__ import annotations

import ast
import io
import tokenize
from itertools import pairwise

import msgspec

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.awaiting import following, preceding
from unlag.fixes.imports import insertion
from unlag.fixes.names import dotted
from unlag.fixes.tree import Place
from unlag.source.running import is_scope

_LONGEST = 88


class Lines(msgspec.Struct, frozen=True):
    """The lines that one or more statements have to themselves."""

    first: int
    last: int
    indent: str
    unit: str
    """What one level of indentation is made of here."""


def lines_of(place: Place, first: ast.stmt, last: ast.stmt | None = None) -> Lines | Refusal:
    """The lines from `first` to `last`, refused where other code shares them."""
    if _is_elif(place, first):
        return Refusal("The call stands in an `elif`: give it a line of its own above the `if`.")
    if preceding(place, first):
        return Refusal("The statement shares its line with other code: give it a line of its own.")
    rest = following(place, last or first)
    if rest and not rest.startswith("#"):
        return Refusal("The statement shares its line with other code: give it a line of its own.")
    start, end = place.span(first), place.span(last or first)
    indent = place.lines[start.line - 1][: start.column]
    return Lines(start.line, end.end_line, indent, _unit(place))


def lines_from(place: Place) -> Lines:
    """The lines of the innermost statement around the node that starts a line of its own."""
    for statement in reversed(place.chain):
        if not isinstance(statement, ast.stmt) or _is_elif(place, statement):
            continue
        if not preceding(place, statement):
            span = place.span(statement)
            indent = place.lines[span.line - 1][: span.column]
            return Lines(span.line, span.end_line, indent, _unit(place))
    raise LookupError("every module starts with a line")


def text_of(place: Place, lines: Lines) -> str:
    """The lines as they are, without the last line end."""
    return "\n".join(place.lines[lines.first - 1 : lines.last])


def replaced(place: Place, lines: Lines, text: str) -> Edit:
    """The edit that puts `text` in place of the lines."""
    end = Span(lines.first, 0, lines.last, len(place.lines[lines.last - 1]))
    return Edit(place.path, end, text)


def above(place: Place, lines: Lines, added: list[str]) -> Edit:
    """The edit that puts `added` above the lines, as deep as they stand."""
    return insertion(place, lines.first, _as_deep(lines, added))


def below(place: Place, lines: Lines, added: list[str]) -> Edit:
    """The edit that puts `added` below the lines, as deep as they stand."""
    return insertion(place, lines.last + 1, _as_deep(lines, added))


def _as_deep(lines: Lines, added: list[str]) -> str:
    return "".join(f"{_folded(lines.indent + one, lines)}\n" if one else "\n" for one in added)


def _folded(line: str, lines: Lines) -> str:
    """`line`, a call that is too long broken after its first and before its last parenthesis."""
    if len(line) <= _LONGEST or "\n" in line or not line.endswith(")"):
        return line
    head, _, arguments = line[:-1].partition("(")
    return f"{head}(\n{lines.indent}{lines.unit}{arguments}\n{lines.indent})"


def hoisted(place: Place, node: ast.AST, indent: str) -> str:
    """The text of `node`, its further lines as deep as if it stood behind `indent`."""
    text, span = place.code(node), place.span(node)
    if preceding(place, node) or _lines_inside_strings(text):
        return text
    first, *rest = text.split("\n")
    moved = (
        indent + line[span.column :] if not line[: span.column].strip() else line for line in rest
    )
    return "\n".join((first, *moved))


def as_value(place: Place, indent: str) -> str:
    """The text of the node behind `return` or `name =` at `indent`, its further lines as deep as that wants."""
    text = place.code(place.node)
    if _lines_inside_strings(text):
        return text
    own = place.lines[place.span(place.node).line - 1]
    depth = len(own) - len(own.lstrip())
    first, *rest = text.split("\n")
    moved = (indent + line[depth:] if not line[:depth].strip() else line for line in rest)
    return "\n".join((first, *moved))


def runs_first(place: Place) -> bool:
    """Whether the node is the first thing its statement evaluates, always and once."""
    for inner, outer in pairwise(reversed(place.chain)):
        if isinstance(outer, ast.stmt):
            simple = isinstance(outer, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return)
            return simple or (isinstance(outer, ast.If) and inner is outer.test)
        if inner is not _first_evaluated(outer):
            return False
    return False


def _first_evaluated(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Call(func=function, args=[first, *_]) if dotted(function):
            return first
        case ast.Call(func=first) | ast.Compare(left=first) | ast.BinOp(left=first):
            return first
        case ast.BoolOp(values=[first, *_]) | ast.Tuple(elts=[first, *_]) | ast.IfExp(test=first):
            return first
        case ast.Attribute() | ast.Subscript() | ast.UnaryOp() | ast.NamedExpr():
            return node.operand if isinstance(node, ast.UnaryOp) else node.value
    return None


def indented(text: str, unit: str) -> str:
    """`text`, whole lines of Python, with every line that starts outside of a string one deeper."""
    inside = _lines_inside_strings(text)
    return "\n".join(
        unit + line if line.strip() and number not in inside else line
        for number, line in enumerate(text.split("\n"), start=1)
    )


def dedented(text: str, unit: str) -> str:
    """`text`, whole lines of Python, with every line that starts outside of a string one less deep."""
    if not text.strip():
        return text
    inside = _lines_inside_strings(f"if 1:\n{text}")
    return "\n".join(
        line if number + 1 in inside else line.removeprefix(unit)
        for number, line in enumerate(text.split("\n"), start=1)
    )


def _unit(place: Place) -> str:
    """One level of indentation, taken from the outermost function or class around."""
    for node in place.chain:
        if is_scope(node) and not isinstance(node, ast.Lambda):
            body = place.span(node.body[0])  # type: ignore[attr-defined]
            outer, inner = place.lines[place.span(node).line - 1], place.lines[body.line - 1]
            indent = outer[: len(outer) - len(outer.lstrip())]
            unit = inner[: body.column].removeprefix(indent)
            if unit and not unit.strip():
                return unit
    return "    "


def _is_elif(place: Place, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and place.code(statement).startswith("elif")


def _lines_inside_strings(text: str) -> set[int]:
    inside: set[int] = set()
    starts: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):
            starts.append(token.start[0])
        elif name.endswith("STRING_END"):
            inside.update(range(starts.pop() + 1, token.end[0] + 1))
        elif name == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    return inside
