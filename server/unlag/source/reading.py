"""Reads some lines of a file in the place where they stand, exactly or not at all.

A class member is read inside a class of its own, so its columns stay. Refuses what would mean
something else with the rest of the file around it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from unlag.source.chunks import (
    BLANKS,
    EXACT,
    HEADER,
    MEMBER,
    Chunk,
    Known,
    Place,
    cut,
    indentation_of,
)
from unlag.source.extract import Piece, first_line, placed
from unlag.source.newer import in_older_words, type_parameters
from unlag.source.tree import UNREADABLE, NotAloneError, newer_syntax, statements

_WRAPPER = "class _:\n"


def read(
    text: str, place: Place, known: Known | None = None, *, is_last: bool = False
) -> list[Chunk]:
    """The exact chunks of `text`; raises one of `UNREADABLE`.

    `is_last` lets top-level statements follow the members of a class.
    """
    if is_empty(text) and place.role != HEADER:
        return [Chunk(place, len(text), text.count("\n"), ())]
    reader = _header if place.role == HEADER else _members if place.role == MEMBER else _top
    try:
        return reader(text, text, place, known, is_last)
    except UNREADABLE as error:
        older = in_older_words(text)
        if older == text or isinstance(error, NotAloneError):
            raise
    return reader(older, text, place, None, is_last)


def is_empty(text: str) -> bool:
    """Whether there is nothing but blank lines and comments."""
    return all(not line or line[0] == "#" for line in map(_stripped, text.split("\n")))


def _stripped(line: str) -> str:
    return line.lstrip(BLANKS)


def _top(parsed: str, text: str, place: Place, known: Known | None, is_last: bool) -> list[Chunk]:
    lines = text.split("\n")
    return cut(
        [(place, _statements(parsed, text))], lines, parsed=_other(parsed, text), known=known
    )


def _statements(parsed: str, text: str, before: str = "", after: str = "") -> list[ast.stmt]:
    """What is parsed, between more; in older words, classes get back the type parameters that `text` gives them."""
    found = statements(before + parsed + after)
    named = {} if parsed is text else type_parameters(before + text)
    for statement in found if named else ():
        for node in ast.walk(statement):
            if isinstance(node, ast.ClassDef) and node.lineno in named:
                # an alias has a name as a type parameter has, and Python 3.11 no such parameters
                node.type_params = [ast.alias(name) for name in named[node.lineno]]  # type: ignore[attr-defined]
    return found


def _other(parsed: str, text: str) -> list[str] | None:
    return None if parsed is text else parsed.split("\n")


def _members(
    parsed: str, text: str, place: Place, known: Known | None, is_last: bool
) -> list[Chunk]:
    lines = (_WRAPPER + text).split("\n")
    wrapper, *rest = _statements(parsed, text, before=_WRAPPER)
    if rest and not is_last:
        raise NotAloneError
    members = wrapper.body  # type: ignore[attr-defined]
    _check_indentation(members, lines, place.indentation)
    parsed_lines = None if parsed is text else (_WRAPPER + parsed).split("\n")
    groups: list[tuple[Place, Any]] = [(place, members), (Place(), rest)]
    return cut(groups, lines, parsed=parsed_lines, first=2, known=known)


def _check_indentation(members: Sequence[Any], lines: Sequence[str], indentation: str) -> None:
    """Tabs and blanks that look alike are not alike to Python; nor is any other column."""
    end = 0
    for member in members:
        line = first_line(member)
        is_deceptive = lines[line - 2].endswith("\\")  # then the line above is what counts
        if line > end and (is_deceptive or indentation_of(lines[line - 1]) != indentation):
            raise NotAloneError
        end = member.end_lineno or line


def _header(
    parsed: str, text: str, place: Place, known: Known | None, is_last: bool
) -> list[Chunk]:
    lines = parsed.split("\n")
    if lines[-1]:
        raise NotAloneError
    tree = _statements(parsed, text, after=" pass\n")
    node: Any = tree[0]
    if len(tree) > 1 or node.__class__ is not ast.ClassDef or node.name != place.owner:
        raise NotAloneError
    if len(node.body) > 1 or node.body[0].lineno != len(lines):
        raise NotAloneError
    line = first_line(node)
    unit = placed(Piece(line, "", node, True, False), lines)
    trouble = None if parsed is text else newer_syntax(line, 0)
    return [Chunk(place, len(text), text.count("\n"), (unit,), EXACT, trouble)]
