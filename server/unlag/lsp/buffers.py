"""The text of one open document, kept as lines so that a keystroke touches only its own.

Lines end where the protocol says: at `\\n`, `\\r\\n` or `\\r`, and at nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec

from unlag.lsp import positions

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")


Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 31) - 1)]
"""As the protocol's `uinteger`; checked where it is read from JSON."""


class Place(msgspec.Struct, frozen=True):
    """A position in client units, lines from 0."""

    line: Natural
    character: Natural


class Replacement(msgspec.Struct, frozen=True):
    """New text for a stretch of a document; for all of it where there is no `start`."""

    text: str
    start: Place | None = None
    end: Place | None = None


class Buffer:
    """A document that a client has open. Changes only through `change`."""

    __slots__ = ("_encoding", "_lines", "_text", "path", "uri", "version")

    def __init__(self, uri: str, path: str, version: int, text: str, encoding: str) -> None:
        self.uri = uri
        self.path = path
        self.version = version
        self._encoding = encoding
        self._lines = split(text)
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The text with line ends as `\\n`."""
        if self._text is None:
            self._text = normalised("".join(self._lines))
        return self._text

    @property
    def newline(self) -> str:
        """The end of the first line, which lines that are added take on."""
        first = self._lines[0] if self._lines else ""
        return first[len(first.rstrip("\r\n")) :] or "\n"

    def line(self, number: int) -> str:
        """A line by its number from 0, without its end; empty beyond the last."""
        return self._lines[number].rstrip("\r\n") if number < len(self._lines) else ""

    def change(self, version: int, replacements: Sequence[Replacement]) -> None:
        """Make `replacements` in their order; what lies beyond the text means its end."""
        for item in replacements:
            if item.start is None or item.end is None:
                self._lines = split(item.text)
            else:
                self._replace(item.start, item.end, item.text)
        self.version = version
        self._text = None

    def column(self, place: Place) -> int:
        """The character on its line that `place` means."""
        return positions.column(self.line(place.line), place.character, self._encoding)

    def _replace(self, start: Place, end: Place, text: str) -> None:
        first, left = self._cut(start)
        last, right = self._cut(end)
        if (last, right) < (first, left):
            last, right = first, left
        head = self._lines[first][:left] if first < len(self._lines) else ""
        tail = self._lines[last][right:] if last < len(self._lines) else ""
        if first and self._joins_before(first, head + text + tail):
            first -= 1
            head = self._lines[first] + head
        self._lines[first : last + 1] = split(head + text + tail)

    def _joins_before(self, number: int, text: str) -> bool:
        """Whether the line before `number` and `text` are one line."""
        before = self._lines[number - 1]
        if before[-1] == "\r":
            return text.startswith("\n")  # the two characters are one line end now
        return before[-1] != "\n"  # the last line has no end and the edit stands behind it

    def _cut(self, place: Place) -> tuple[int, int]:
        """Line and character at which to cut, within the text."""
        if place.line < len(self._lines):
            return place.line, self.column(place)
        return len(self._lines), 0


def split(text: str) -> list[str]:
    """The lines of `text` with their ends; no empty line after the last end."""
    if "\r" in text:
        return _LINE.findall(text)
    lines = text.split("\n")
    last = lines.pop()
    kept = [f"{line}\n" for line in lines]
    return [*kept, last] if last else kept


def normalised(text: str) -> str:
    """`text` with every line end as `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
