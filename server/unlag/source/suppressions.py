"""Suppression comments: which lines, or whether the whole file, are spared which rules.

Reads text only. Whether a name is a rule, and whether there was anything to suppress, is for the
engine to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from unlag.source.lexical import Comment, LogicalLine, logical_lines

_UNLAG = re.compile(r"#\s*unlag:\s*ignore(?![\w-])(?:\[([^\]]*)\]?)?")
_NOQA = re.compile(r"#\s*noqa:\s*([a-z]+\d+(?:[,\s]+[a-z]+\d+)*)", re.IGNORECASE)
_CODE = re.compile(r"LAG\d+", re.IGNORECASE)


class Suppression(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One comment that asks for silence; columns are those of the comment's own words."""

    line: int
    column: int
    end_column: int
    names: tuple[str, ...]
    """Rules or codes as written, codes of `noqa` in capitals; empty where none is named."""
    applies_to_file: bool
    form: str
    """`unlag` or `noqa`."""
    target_line: int
    """First line it covers."""
    target_end_line: int
    """Last line it covers: a comment above or behind a statement of many lines covers all of it."""


def suppressions(text: str) -> tuple[Suppression, ...]:
    """The suppression comments of a file, in the order of the text."""
    if "unlag:" not in text and not _names_us_in_noqa(text):
        return ()
    lines = list(logical_lines(text))
    return tuple(
        found
        for index, line in enumerate(lines)
        for comment in line.comments
        for found in _in_comment(comment, lines, index)
    )


def named_rules(comment: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where each `# unlag: ignore[...]` of a comment begins and ends, and the rules it names."""
    for match in _UNLAG.finditer(comment):
        yield match.start(), match.end(), _names(match[1])


def _names_us_in_noqa(text: str) -> bool:
    return any(_CODE.search(match[1]) for match in _NOQA.finditer(text))


def _in_comment(comment: Comment, lines: list[LogicalLine], index: int) -> Iterator[Suppression]:
    for form, match in _directives(comment.text):
        is_unlag = form == "unlag"
        covers_file = is_unlag and comment.is_alone and not index and _is_above(comment, lines[0])
        if covers_file or not (is_unlag and comment.is_alone):
            first, last = _behind(comment, lines[index])
        elif _is_above(comment, lines[index]):
            first, last = _statement(lines, index)
        else:
            first, last = _next_code(comment, lines[index])
        yield Suppression(
            comment.line,
            comment.column + match.start(),
            comment.column + match.end(),
            _names(match[1]) if is_unlag else _codes(match[1]),
            covers_file,
            form,
            first,
            last,
        )


def _directives(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for match in _UNLAG.finditer(text):
        yield "unlag", match
    for match in _NOQA.finditer(text):
        if _CODE.search(match[1]):
            yield "noqa", match


def _names(written: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (written or "").split(",") if name.strip())


def _codes(written: str) -> tuple[str, ...]:
    return tuple(code.upper() for code in re.split(r"[,\s]+", written) if _CODE.fullmatch(code))


def _is_above(comment: Comment, line: LogicalLine) -> bool:
    return not line.text or comment.line < line.first


def _behind(comment: Comment, line: LogicalLine) -> tuple[int, int]:
    """Lines covered by a comment behind code: its own, or the whole statement that ends there."""
    is_at_end = line.text and comment.line == line.last and not comment.is_alone
    return (line.first if is_at_end else comment.line), comment.line


def _statement(lines: list[LogicalLine], index: int) -> tuple[int, int]:
    """Lines of one statement, or of the header of a block with its decorators."""
    first = lines[index].first
    while lines[index].text.startswith("@") and index + 1 < len(lines):
        index += 1
    return first, lines[index].last


def _next_code(comment: Comment, line: LogicalLine) -> tuple[int, int]:
    """The line of code after a comment that stands between the lines of one statement."""
    comment_lines = {other.line for other in line.comments if other.is_alone}
    following = comment.line + 1
    while following in comment_lines:
        following += 1
    return following, following
