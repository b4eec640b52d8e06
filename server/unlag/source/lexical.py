"""Strings, comments, brackets and logical lines of a text that need not be valid Python.

One regular expression walks the text; what the tokens mean together is not its business. Inside
f-strings it knows the quotes of Python 3.11: nested quotes of the same kind end the string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      \#[^\n]*
    | \"{3} (?: [^"\\] | \\.? | "(?!"") )* (?: \"{3} | \Z )
    | '{3} (?: [^'\\] | \\.? | '(?!'') )* (?: '{3} | \Z )
    | " (?: [^"\\\n] | \\. )* "?
    | ' (?: [^'\\\n] | \\. )* '?
    | [()\[\]{}]
    | \\\n
    | \n
    """,
    re.VERBOSE | re.DOTALL,
)


class Comment(NamedTuple):
    """A comment and where it stands."""

    line: int
    column: int
    text: str
    is_alone: bool
    """Whether it has its line for itself."""


class LogicalLine(NamedTuple):
    """The lines from one statement's start to the next: comments above it and its own lines."""

    first: int
    """Its first line that is neither blank nor a comment."""
    last: int
    comments: list[Comment]
    text: str
    """From `first` on, without the line end."""


class Ending(NamedTuple):
    """What is still open where a text ends."""

    quote: str
    """The three quotes of a string, or empty."""
    depth: int
    """Brackets open."""
    lowest: int
    """Below zero: brackets closed that were never opened."""
    continues: bool
    """Whether a backslash joins the next line."""


def ending(text: str) -> Ending:
    """What is open at the end of a text."""
    depth = lowest = 0
    quote = ""
    for match in _TOKEN.finditer(text):
        mark = text[match.start()]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            lowest = min(lowest, depth)
        elif mark in "\"'" and match.end() == len(text):
            token = match[0]
            if token[:3] == mark * 3 and (len(token) < 6 or token[-3:] != mark * 3):
                quote = mark * 3
    last_line = text[text.rfind("\n", 0, -1) + 1 :]
    return Ending(quote, depth, lowest, last_line.rstrip("\n").endswith("\\"))


def masked(text: str) -> str:
    """The text, every character inside a string or comment replaced by `_` or a blank."""
    return _TOKEN.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] == "#":
        return " " * len(token)
    if token[0] in "\"'":
        quotes = 3 if token[:3] in ('"""', "'''") else 1
        inside = "\n".join(["_" * len(line) for line in token[quotes:-quotes].split("\n")])
        return token[:quotes] + inside + token[len(token) - quotes :] if inside else token
    return token


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The logical lines of a text; comments after the last one come with an empty line."""
    line = 1
    begin = line_start = depth = first = code_start = 0
    comments: list[Comment] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if not first and text[begin:start].strip():
            first, code_start = line, line_start
        mark = text[start]
        if mark == "\n" and depth <= 0:
            if first:
                yield LogicalLine(first, line, comments, text[code_start:start])
                comments, depth, first = [], 0, 0
        elif mark == "#":
            is_alone = not text[line_start:start].strip()
            comments.append(Comment(line, start - line_start, match[0], is_alone))
        elif mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        if mark not in "\n#\\" and not first:
            first, code_start = line, line_start
        newlines = text.count("\n", start, end)
        if newlines:
            line += newlines
            line_start = text.rindex("\n", start, end) + 1
        begin = end
    if first or comments or text[begin:].strip():
        yield LogicalLine(first or line, line, comments, text[code_start:] if first else "")
