"""From the text of one file to its facts and suppressions; trouble comes back as a value.

The only door to Python's parser for whole files. Text has `\n` line ends; it is neither read from
disk nor kept.
"""

from __future__ import annotations

import ast
import sys
import warnings

import msgspec

from unlag.source.extract import extract_file
from unlag.source.facts import FileFacts
from unlag.source.suppressions import Suppression, suppressions

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError)
"""What Python's parser raises for text that is not Python."""


class SyntaxTrouble(msgspec.Struct, frozen=True, gc=False):
    """What kept a file from being read as it stands."""

    message: str
    line: int
    """From 1."""
    column: int
    """In characters, from 0."""
    newer_syntax: bool
    """Whether the text is valid in a Python newer than the one that runs this."""


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """What one text says."""

    facts: FileFacts
    suppressions: tuple[Suppression, ...]
    trouble: SyntaxTrouble | None


def parse(text: str) -> Parsed:
    """The facts of a file, as many as can be had where it is not valid Python."""
    lines = text.split("\n")
    try:
        facts = extract_file(statements(text), lines)
    except UNREADABLE as error:
        trouble = SyntaxTrouble(*described(error), newer_syntax=False)
        return Parsed(FileFacts((), len(lines)), suppressions(text), trouble)
    return Parsed(facts, suppressions(text), None)


def statements(text: str) -> list[ast.stmt]:
    """The top-level statements of a text; raises one of `UNREADABLE`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in strings are not our business
        return ast.parse(text).body


def described(error: BaseException) -> tuple[str, int, int]:
    """Message, line and column of what Python's parser raised."""
    if isinstance(error, SyntaxError):
        reason = (error.msg or "invalid syntax").rstrip(".")
        line, column = error.lineno or 1, (error.offset or 1) - 1
    else:
        reason, line, column = "it is nested too deeply", 1, 0
    message = f"Python {_version()} cannot parse this: {reason}. What stands around it was checked."
    return message, line, max(column, 0)


def _version() -> str:
    return ".".join(map(str, sys.version_info[:2]))
