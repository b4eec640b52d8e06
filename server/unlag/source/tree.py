"""Python's own parser, made safe: every text gives statements or one of a few known errors.

The only caller of `ast.parse` for code. Knows nothing of facts.
"""

from __future__ import annotations

import ast
import sys
import warnings

import msgspec

from unlag.source.lexical import logical_lines

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError)
"""What Python's parser raises for text that is not Python."""


class NotAloneError(ValueError):
    """The lines say something only with what stands around them."""


_LONGEST_STATEMENT = 60_000
_DEEPEST_CHAIN = 10_000


class SyntaxTrouble(msgspec.Struct, frozen=True, gc=False):
    """What kept a text from being read as it stands."""

    message: str
    line: int
    """From 1."""
    column: int
    """In characters, from 0."""
    newer_syntax: bool
    """Whether the text is valid in a Python newer than the one that runs this."""


def statements(text: str) -> list[ast.stmt]:
    """The top-level statements of a text; raises one of `UNREADABLE`."""
    if sys.version_info < (3, 11) and len(text) > _LONGEST_STATEMENT:
        _refuse_chains(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in strings are not our business
        return ast.parse(text).body


def trouble_of(error: BaseException, lines: int = 0) -> SyntaxTrouble:
    """What to tell the user about an error that `statements` raised, so many lines further down."""
    line, column = 1, 0
    if isinstance(error, SyntaxError):
        reason = (error.msg or "invalid syntax").rstrip(".")
        line, column = max((error.lineno or 1) + lines, 1), max((error.offset or 1) - 1, 0)
    elif isinstance(error, NotAloneError):
        reason = "its indentation fits nothing around it"
    elif isinstance(error, ValueError):
        reason = "it holds characters that Python source cannot hold"
    else:
        reason = "it is nested too deeply"
    end = "" if reason.endswith("?") else "."
    message = f"This is not valid Python: {reason}{end} What stands around it was checked."
    return SyntaxTrouble(message, line, column, False)


def newer_syntax(line: int, column: int) -> SyntaxTrouble:
    """What to tell the user about syntax that only a newer Python has."""
    version = ".".join(map(str, sys.version_info[:2]))
    message = (
        f"This file has syntax of a Python newer than {version}, which Unlag runs on, and was checked "
        "all the same."
    )
    return SyntaxTrouble(message, line, column, True)


def _refuse_chains(text: str) -> None:
    """Python 3.10 crashes on chains of tens of thousands of calls; later ones raise this error."""
    for line in logical_lines(text):
        statement = line.text
        links = statement.count("(") + statement.count(".") + statement.count("[")
        if len(statement) > _LONGEST_STATEMENT and links > _DEEPEST_CHAIN:
            raise RecursionError
