"""Applies edits to a text, and makes one list of edits that does what two do one after the other.

Knows lines and columns; nothing of Python.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from unlag.finding import Edit, Span

_Piece = tuple[int, int, str]
"""Start and end in a text, and what replaces that."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made; of edits that are equal only one is made."""
    return _applied(text, _pieces(text, edits))


def composed(text: str, first: Iterable[Edit], second: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits of `text` that do what `first` does to it and `second` to the result; all of one file."""
    earlier = list(dict.fromkeys(first))
    path = earlier[0].path if earlier else ""
    made = _pieces(text, earlier)
    between = _applied(text, made)
    added = _pieces(between, second)
    starts = _line_starts(text)
    return tuple(
        Edit(path, Span(*_position(starts, start), *_position(starts, end)), new)
        for start, end, new in _joined(made, added, between)
    )


def _joined(made: list[_Piece], added: list[_Piece], between: str) -> Iterator[_Piece]:
    """Both lists as one: pieces that touch the same text are one piece."""
    shift = 0
    entries: list[tuple[int, int, int, list[_Piece]]] = []
    for start, end, new in made:
        entries.append((start + shift, start + shift + len(new), start - end + len(new), []))
        shift += len(new) - (end - start)
    entries += [(start, end, 0, [(start, end, new)]) for start, end, new in added]
    groups: list[tuple[int, int, int, list[_Piece]]] = []
    for start, end, grown, pieces in sorted(entries, key=lambda one: one[:2]):
        if groups and start <= groups[-1][1]:
            before = groups.pop()
            whole = (before[0], max(before[1], end), before[2] + grown, [*before[3], *pieces])
            groups.append(whole)
        else:
            groups.append((start, end, grown, pieces))
    shift = 0
    for start, end, grown, pieces in groups:
        inner = [(one - start, stop - start, new) for one, stop, new in pieces]
        yield start - shift, end - shift - grown, _applied(between[start:end], inner)
        shift += grown


def _pieces(text: str, edits: Iterable[Edit]) -> list[_Piece]:
    starts = _line_starts(text)
    return [
        (
            starts[edit.span.line - 1] + edit.span.column,
            starts[edit.span.end_line - 1] + edit.span.end_column,
            edit.text,
        )
        for edit in sorted(set(edits), key=lambda edit: (edit.span, edit.text))
    ]


def _applied(text: str, pieces: list[_Piece]) -> str:
    parts: list[str] = []
    last = 0
    for start, end, new in pieces:
        parts += (text[last:start], new)
        last = end
    return "".join([*parts, text[last:]])


def _line_starts(text: str) -> list[int]:
    return [0, *itertools.accumulate(len(line) + 1 for line in text.split("\n"))]


def _position(starts: list[int], offset: int) -> tuple[int, int]:
    line = min(bisect_right(starts, offset), len(starts) - 1)
    return line, offset - starts[line - 1]
