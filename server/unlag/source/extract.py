"""From statements to facts: a unit, or a whole file cut into its units.

A unit is a top-level statement or, in a class at top level, its header and each member. Facts of a unit
depend on nothing outside it, which is what lets one edited function be read again alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from unlag.source.columns import in_characters
from unlag.source.facts import FileFacts, PlacedUnit, UnitFacts
from unlag.source.handlers import HANDLERS
from unlag.source.scopes import EMPTY_BODY, MODULE, Scope
from unlag.source.walker import Walker


def extract_unit(statement: ast.stmt, line: int, owner: str = "") -> UnitFacts:
    """The facts of one unit; `line` is its first line in the numbering of the nodes."""
    walker = Walker(line - 1, HANDLERS)
    scope = Scope(MODULE, [statement])
    if owner:
        scope.class_name = owner
        scope.class_attributes = []
    walker.run(scope)
    body = scope.frozen(EMPTY_BODY)
    for walk_body in walker.pending:  # grows while it is walked: functions nested in functions
        walk_body()
    walker.pending.clear()  # they refer to the walker: a cycle would keep the tree alive
    walker.functions.sort(key=lambda function: (function.line, function.column))
    return UnitFacts(body, tuple(walker.functions), tuple(walker.classes))


def extract_file(statements: Iterable[ast.stmt], lines: list[str]) -> FileFacts:
    """The facts of a whole file, from the statements of its tree and its lines of text."""
    units = tuple(placed_units(statements, lines))
    return FileFacts(units, len(lines))


def placed_units(
    statements: Iterable[Any], lines: list[str], offset: int = 0
) -> Iterator[PlacedUnit]:
    """The units of some top-level statements; `offset` is added to their line numbers."""
    for statement in statements:
        if statement.__class__ is ast.ClassDef and splits(statement):
            yield _class_header(statement, lines, offset)
            for member in statement.body:
                yield _placed(member, lines, offset, statement.name)
        else:
            yield _placed(statement, lines, offset, "")


def splits(node: ast.ClassDef) -> bool:
    """Whether a class is cut into units: its body starts on a line of its own."""
    return first_line(node.body[0]) > node.lineno


def first_line(statement: Any) -> int:
    """The line a statement starts on, decorators included."""
    decorators = getattr(statement, "decorator_list", None)
    line: int = decorators[0].lineno if decorators else statement.lineno
    return line


def _placed(statement: Any, lines: list[str], offset: int, owner: str) -> PlacedUnit:
    line = first_line(statement)
    unit = extract_unit(statement, line, owner)
    return PlacedUnit(line + offset, owner, in_characters(unit, line - 1, lines))


def _class_header(node: ast.ClassDef, lines: list[str], offset: int) -> PlacedUnit:
    line = first_line(node)
    body = node.body
    node.body = []
    unit = extract_unit(node, line)
    node.body = body
    return PlacedUnit(line + offset, "", in_characters(unit, line - 1, lines))
