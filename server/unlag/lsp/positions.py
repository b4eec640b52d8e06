"""Columns in characters, as findings have them, and in the units that a client counts.

Pure arithmetic on one line at a time; lines are counted from 0 by clients and from 1 by findings.
"""

from __future__ import annotations

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"


def units(line: str, column: int, encoding: str) -> int:
    """How many of the client's units stand before the character at `column`."""
    head = line[:column]
    if encoding == UTF32 or head.isascii():
        return column
    return column + sum(_extra(character, encoding) for character in head)


def column(line: str, position: int, encoding: str) -> int:
    """The character at which `position` units of the client have passed.

    A position behind the line means its end; one inside a character, the character.
    """
    if encoding == UTF32 or line.isascii():
        return min(position, len(line))
    passed = 0
    for index, character in enumerate(line):
        passed += 1 + _extra(character, encoding)
        if passed > position:
            return index
    return len(line)


def _extra(character: str, encoding: str) -> int:
    """Units beyond the first that one character takes."""
    point = ord(character)
    if encoding == UTF16:
        return int(point > 0xFFFF)
    return (point > 0x7F) + (point > 0x7FF) + (point > 0xFFFF)
