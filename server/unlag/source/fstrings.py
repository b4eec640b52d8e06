"""Writes f-strings of Python 3.12 and later so that older Pythons can read them.

Inside replacement fields, quotes of the outer kind become the other kind, backslashes and comments
go, and a field over several lines makes its string triple-quoted. Does nothing on Python 3.12.
"""

from __future__ import annotations

import re
import sys
from typing import Any

_START = re.compile(
    r"""\#[^\n]*|(?<!\w)(?P<prefix>[rR]?[fFtT][rR]?|[bBuU][rR]?|[rR][bB]?|)(?P<quote>"{3}|'{3}|"|')"""
)
_FORMATTED = re.compile(r"""(?<!\w)[rR]?[fFtT][rR]?["']""")
_PLAIN_END = {
    quote: re.compile(rf"(?:[^\\{quote[0]}]|\\.?|{quote[0]}(?!{quote[1:]}))*{quote}", re.DOTALL)
    if len(quote) == 3
    else re.compile(rf"(?:[^\\{quote}\n]|\\.)*{quote}", re.DOTALL)
    for quote in ('"', "'", '"""', "'''")
}
_MOST_NESTED = 8


class _UnclearError(Exception):
    """A string does not end, or is nested beyond reason."""


def plain_fstrings(text: str) -> str:
    """`text` with its f-strings in the words of Python 3.11, line for line."""
    if sys.version_info >= (3, 12) or "{" not in text or not _FORMATTED.search(text):
        return text
    parts: list[str] = []
    position = 0
    while match := _START.search(text, position):
        parts.append(text[position : match.start()])
        if match[0][0] == "#":
            parts.append(match[0])
            position = match.end()
            continue
        try:
            position, rewritten = _string(text, match, (), 0)
        except _UnclearError:
            position, rewritten = match.end(), match[0]
        parts.append(rewritten)
    return "".join([*parts, text[position:]])


def _string(text: str, match: Any, outer: tuple[str, ...], depth: int) -> tuple[int, str]:
    """End and new form of the string literal that `match` opens; `outer` are quotes around it."""
    prefix, quote = match["prefix"], match["quote"]
    if not set(prefix) & set("fFtT"):
        ending = _PLAIN_END[quote].match(text, match.end())
        if ending is None:
            raise _UnclearError
        whole = text[match.start() : ending.end()]
        return ending.end(), _plain(whole, prefix, quote, outer) if outer else whole
    mark = _free_quote(quote, outer) if outer else quote
    if depth > _MOST_NESTED:
        raise _UnclearError
    end, content = _fields(text, match.end(), quote, (*outer, mark or quote), depth)
    if not mark:
        return end, "0".ljust(end - match.start())
    if outer:
        content = content.replace("\n", " ")
    elif len(quote) == 1 and "\n" in content:
        mark = quote * 3
    return end, prefix + mark + content + mark


def _plain(whole: str, prefix: str, quote: str, outer: tuple[str, ...]) -> str:
    """A plain literal as it can stand inside strings quoted by `outer`; as long as it was."""
    mark = _free_quote(quote, outer)
    if not mark:
        return "0".ljust(len(whole))
    content = whole[len(prefix + quote) : -len(quote)]
    for character in {item[0] for item in outer} | {mark, "\\", "\n"}:
        content = content.replace(character, "_")
    return (prefix + mark + content + mark).ljust(len(whole))


def _free_quote(quote: str, outer: tuple[str, ...]) -> str:
    """A quote that none of `outer` uses, its own if it can be; empty where both are taken."""
    used = {item[0] for item in outer}
    return next((mark for mark in (quote[0], "'", '"') if mark not in used), "")


def _fields(
    text: str, position: int, quote: str, outer: tuple[str, ...], depth: int
) -> tuple[int, str]:
    """End of the f-string whose text starts at `position`, and that text."""
    parts: list[str] = []
    while position < len(text):
        if text.startswith(quote, position):
            return position + len(quote), "".join(parts)
        two = text[position : position + 2]
        if two == "\\{":
            parts.append("\\")
            position += 1
        elif two in ("{{", "}}") or two[0] == "\\":
            parts.append(two)
            position += 2
        elif two[0] == "{":
            position, field = _field(text, position + 1, outer, depth)
            parts.append("{" + field)
        elif two[0] == "\n" and len(quote) == 1:
            break
        else:
            parts.append(two[0])
            position += 1
    raise _UnclearError


def _field(text: str, position: int, outer: tuple[str, ...], depth: int) -> tuple[int, str]:
    """End of a replacement field and its text with the brace that closes it."""
    parts: list[str] = []
    brackets = 0
    while position < len(text):
        match = _START.match(text, position)
        if match is not None:
            if match[0][0] == "#":
                position, rewritten = match.end(), ""
            else:
                position, rewritten = _string(text, match, outer, depth + 1)
            parts.append(rewritten)
            continue
        character = text[position]
        position += 1
        parts.append(character)
        if character in "([{":
            brackets += 1
        elif character == "}" and not brackets:
            return position, "".join(parts)
        elif character in ")]}":
            brackets -= 1
        elif character == ":" and not brackets:
            position, specification = _specification(text, position, outer, depth)
            return position, "".join(parts) + specification
    raise _UnclearError


def _specification(text: str, position: int, outer: tuple[str, ...], depth: int) -> tuple[int, str]:
    """End of a format specification and its text with the brace that closes the field."""
    parts: list[str] = []
    while position < len(text) and text[position] != "\n":
        character = text[position]
        position += 1
        parts.append(character)
        if character == "}":
            return position, "".join(parts)
        if character == "{":
            position, field = _field(text, position, outer, depth)
            parts.append(field)
    raise _UnclearError
