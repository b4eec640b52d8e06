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
