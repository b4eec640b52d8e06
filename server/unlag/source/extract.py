"""From statements to facts: a unit, or a whole file cut into its units.

A unit is a top-level statement or, in a class at top level, its header and each member. Facts of a
unit depend on nothing outside it but the name of its class, which is what lets one edited function
be read again alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from unlag.source.columns import in_characters
from unlag.source.definitions import function_body, is_silent
from unlag.source.facts import FileFacts, FunctionFacts, PlacedUnit, UnitFacts
from unlag.source.handlers import HANDLERS, import_unit
from unlag.source.scopes import EMPTY_BODY, MODULE, Scope
from unlag.source.walker import Walker

NOTHING = UnitFacts(EMPTY_BODY, (), ())

_DECORATED = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})


class Piece(msgspec.Struct, frozen=True, gc=False):
    """The syntax of one unit."""

    line: int
    """The line it starts on, decorators included, in the numbering of the nodes."""
    owner: str
    """The class it is a member of, or empty."""
    statement: Any
    is_header: bool
    """Whether only the header of the class counts, its members being pieces of their own."""
    is_joined: bool
    """Whether it starts on the line where the piece before it ends: `a = 1; b = 2`."""


def extract_file(
    statements: Iterable[Any], lines: Sequence[str], *, is_ascii: bool
) -> tuple[FileFacts, tuple[int, ...]]:
    """The facts of a whole file, and the indexes of its joined units (see `Piece`)."""
    units = []
    joined = []
    wide = () if is_ascii else lines
    for index, piece in enumerate(pieces(statements, lines)):
        units.append(placed(piece, wide))
        if piece.is_joined:
            joined.append(index)
    return FileFacts(tuple(units), len(lines)), tuple(joined)


def pieces(statements: Iterable[Any], lines: Sequence[str], owner: str = "") -> Iterator[Piece]:
    """The syntax of each unit; `owner` is the class that `statements` are members of."""
    end = 0
    for statement in statements:
        line = first_line(statement)
        if type(statement) is ast.ClassDef and not owner and splits(statement, lines):
            yield Piece(line, "", statement, True, False)
            yield from pieces(statement.body, lines, statement.name)
        else:
            yield Piece(line, owner, statement, False, line <= end)
        end = statement.end_lineno


def placed(piece: Piece, lines: Sequence[str], offset: int = 0) -> PlacedUnit:
    """The facts of a piece; `offset` is added to its line number, not to the one used in `lines`.

    No `lines` need be given where all are ASCII.
    """
    line = piece.line
    statement = piece.statement
    if piece.is_header:
        statement = _without_members(statement)
    try:
        unit = extract_unit(statement, line, piece.owner)
    except RecursionError:  # expressions nested hundreds deep say nothing worth a crash
        unit = NOTHING
    if lines:
        unit = in_characters(unit, line - 1, statement.end_lineno, lines)
    return PlacedUnit(line + offset, piece.owner, unit)


def extract_unit(statement: Any, line: int, owner: str = "") -> UnitFacts:
    """The facts of one unit; `line` is its first line in the numbering of the nodes."""
    kind = type(statement)
    if kind is ast.ImportFrom or kind is ast.Import:
        return import_unit(statement)
    if kind is ast.Expr and type(statement.value) is ast.Constant:
        return NOTHING
    walker = Walker(line - 1, HANDLERS)
    if (kind is ast.FunctionDef or kind is ast.AsyncFunctionDef) and is_silent(statement):
        qualname = f"{owner}.{statement.name}" if owner else statement.name
        body = EMPTY_BODY
        function_body(walker, statement, qualname, owner, "", 0)
    else:
        body = _walked(walker, statement, owner)
    for walk_body in walker.pending:  # grows while it is walked: functions nested in functions
        walk_body()
    walker.pending.clear()  # they refer to the walker: a cycle would keep the tree alive
    if len(walker.functions) > 1:
        walker.functions.sort(key=attrgetter("line", "column"))
    return UnitFacts(body, tuple(walker.functions), tuple(walker.classes))


def _walked(walker: Walker, statement: Any, owner: str) -> FunctionFacts:
    """What a unit does at import."""
    scope = Scope(MODULE, [statement])
    if owner:
        scope.class_name = owner
        scope.class_attributes = []
    walker.run(scope)
    return scope.frozen_body()


def splits(node: ast.ClassDef, lines: Sequence[str]) -> bool:
    """Whether a class is cut into units: its body starts on a line of its own."""
    first = node.body[0]
    line = first_line(first)
    if line <= node.lineno:
        return False
    indentation = lines[line - 1][: first.col_offset]
    return not indentation or indentation.isspace()


def first_line(statement: Any) -> int:
    """The line a statement starts on, decorators included."""
    line: int = statement.lineno
    kind = type(statement)
    if kind in _DECORATED and statement.decorator_list:
        line = statement.decorator_list[0].lineno
    return line


def _without_members(node: ast.ClassDef) -> ast.ClassDef:
    header = ast.ClassDef(node.name, node.bases, node.keywords, [], node.decorator_list)
    header.type_params = getattr(node, "type_params", [])  # type: ignore[attr-defined] # 3.12 has it
    return ast.copy_location(header, node)
