"""Cuts text that does not parse into pieces at what look like starts of statements.

Pieces that parse are exact; the others are repaired, a class member by member. Guesses only where
one statement ends and the next starts, never what a statement says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from unlag.source.chunks import (
    BLANKS,
    BROKEN,
    HEADER,
    MEMBER,
    OPEN,
    TOP,
    UNSURE,
    Chunk,
    Known,
    Place,
    indentation_of,
    joined_lines,
)
from unlag.source.extract import pieces, placed
from unlag.source.facts import PlacedUnit
from unlag.source.lexical import Ending, ending, logical_lines
from unlag.source.reading import read
from unlag.source.repair import repaired
from unlag.source.tree import UNREADABLE, NotAloneError, trouble_of

_MOST_EXTENSIONS = 3
_START = re.compile(
    r"@\w|(?:async[ \t]+)?def\b|class\b|import\b|from\b|if\b|for\b|while\b|with\b|async\b|try\b"
    r"|return\b|raise\b|del\b|assert\b|global\b|type\b|[A-Za-z_][\w.]*[ \t]*(?:[:=(\[]|[-+*/|&]=)"
)
_DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)\b|@")
_BLOCK = re.compile(r"(?:async[ \t]+)?(?:def|class|if|for|while|with|try|match)\b")
_STATEMENT = re.compile(
    r"@\w|(?:async[ \t]+)?def\b|class\b|return\b|if\b.*:$|for\b.*:$|try:|import\b"
)
_CONTINUES = re.compile(r"(?:elif|else|except|finally)\b")
_CLASS = re.compile(r"class[ \t]+(\w+)")


def salvage(
    text: str, place: Place, known: Known | None = None, *, is_last: bool = True
) -> list[Chunk]:
    """Chunks for all of `text`, exact where they can be; `is_last` as in `read`."""
    if place.role == HEADER:
        try:
            return read(text, place)
        except UNREADABLE as error:
            return [_header(text, place, error)]
    lines = text.split("\n")
    starts = _starts(lines, place)
    chunks: list[Chunk] = []
    index = 0
    while index < len(starts):
        at = place if _is_within(lines[starts[index]], place) else Place()
        index, found = _next(lines, starts, index, at, known, is_last)
        chunks.extend(found)
    return chunks


def state_of(text: str, place: Place) -> str:
    """What the rest of a file could do about `text`, which does not parse."""
    end = ending(text)
    if end.quote or end.lowest < 0 or end.continues:
        return UNSURE
    code = [line for line in text.split("\n") if line.strip(BLANKS)[:1] not in ("", "#")]
    if end.depth and place.role == HEADER:
        return OPEN
    if not code or _CONTINUES.match(code[0].lstrip(BLANKS)) or _reaches_out(code, place):
        return UNSURE
    return OPEN if end.depth else BROKEN


def _reaches_out(code: Sequence[str], place: Place) -> bool:
    """Whether some line can belong to what stands above, or take in what stands below."""
    if place.role == HEADER:
        return any(line[0] in BLANKS or re.match("(?:match|try)\\b", line) for line in code)
    if indentation_of(code[0]) != place.indentation or _ends_in_decorator(code, place):
        return True
    width = len(place.indentation)
    return any(len(indentation_of(line)) < width for line in code)


def _ends_in_decorator(code: Sequence[str], place: Place) -> bool:
    """Whether what stands last, over one line or several, waits for a definition below."""
    for line in reversed(code):
        first = line.lstrip(BLANKS)[0]
        if indentation_of(line) == place.indentation and first not in ")]}":
            return first == "@"
    return False


def _starts(lines: Sequence[str], place: Place) -> list[int]:
    """Indexes of lines that look like the start of a statement that is not nested; always 0."""
    found = [0]
    is_decorated = lines[0].lstrip()[:1] == "@"
    for index, line in enumerate(lines):
        if index and _is_start(lines, index, place):
            if not is_decorated:
                found.append(index)
            is_decorated = line.lstrip(BLANKS)[0] == "@"
    return found


def _is_start(lines: Sequence[str], index: int, place: Place) -> bool:
    line = lines[index]
    indentation = indentation_of(line)
    code = line[len(indentation) :]
    if place.role == MEMBER and not indentation:
        return _DEFINITION.match(code) is not None
    if indentation != place.indentation or _START.match(code) is None:
        return False
    return _BLOCK.match(code) is not None or not _is_stray(lines, index, indentation)


def _is_stray(lines: Sequence[str], index: int, indentation: str) -> bool:
    """Whether a simple statement stands right above statements nested deeper: it is misplaced."""
    for below in lines[index + 1 :]:
        if below.strip():
            deeper = len(indentation_of(below)) > len(indentation)
            return deeper and _STATEMENT.match(below.strip()) is not None
    return False


def _is_within(line: str, place: Place) -> bool:
    return place.role != MEMBER or line[:1] in " \t\f#" or _DEFINITION.match(line) is None


def _next(
    lines: Sequence[str],
    starts: Sequence[int],
    index: int,
    place: Place,
    known: Known | None,
    is_last: bool,
) -> tuple[int, list[Chunk]]:
    """The index after the piece that starts at `starts[index]`, and its chunks.

    A piece that ends inside a string or bracket is tried together with what follows.
    """
    stop = index + 1
    first: tuple[str, BaseException] | None = None
    for _ in range(_MOST_EXTENSIONS):
        end = starts[stop] if stop < len(starts) else len(lines)
        text = joined_lines(lines, starts[index], end)
        if known and (place, text) in known:
            return stop, [known[place, text]]
        try:
            return stop, read(text, place, known, is_last=is_last and end == len(lines))
        except UNREADABLE as error:
            first = first or (text, error)
        following = _after_opening(lines, starts, stop, ending(text))
        if following is None:
            break
        stop = following
    assert first is not None
    return index + 1, _broken(first[0], place, first[1])


def _after_opening(
    lines: Sequence[str], starts: Sequence[int], stop: int, end: Ending
) -> int | None:
    """Index of the first start after what is open before `starts[stop]` has closed."""
    if stop >= len(starts):
        return None
    if end.quote:
        closing = next((i for i in range(starts[stop], len(lines)) if end.quote in lines[i]), None)
        if closing is None:
            return None
        return next((i for i in range(stop, len(starts)) if starts[i] > closing), len(starts))
    return stop + 1 if end.depth > 0 or end.continues else None


def _broken(text: str, place: Place, error: BaseException) -> list[Chunk]:
    """The chunks of one piece that does not parse."""
    parts = _class_parts(text) if place.role == TOP else None
    if parts is None:
        return [patched(text, place, error)]
    name, indentation, header, members = parts
    header_place = Place(HEADER, name)
    return [
        *salvage(header, header_place),
        *salvage(members, Place(MEMBER, name, indentation)),
    ]


def _class_parts(text: str) -> tuple[str, str, str, str] | None:
    """Name, indentation, header and members of a class, if that is what the text starts with."""
    for line in logical_lines(text):
        if line.text.startswith("@"):
            continue
        match = _CLASS.match(line.text)
        return _cut_class(text.split("\n"), match[1], line.first, line.last) if match else None
    return None


def _cut_class(
    lines: list[str], name: str, first: int, last: int
) -> tuple[str, str, str, str] | None:
    for index in range(first, len(lines)):
        code = lines[index].lstrip(BLANKS)
        if code and code[0] != "#" and (index >= last or _DEFINITION.match(code)):
            indentation = indentation_of(lines[index])
            if not indentation:
                return None
            header = joined_lines(lines, 0, index)
            return name, indentation, header, joined_lines(lines, index, len(lines))
    return None


def _header(text: str, place: Place, error: BaseException) -> Chunk:
    """A class header that does not parse: a class of that name is all that is known."""
    lines = text.split("\n")
    at = next((index for index, line in enumerate(lines) if _CLASS.match(line)), 0)
    return patched(text, place, error, [""] * at + [f"class {place.owner}:", " _"])


def patched(text: str, place: Place, error: BaseException, lines: list[str] | None = None) -> Chunk:
    """A chunk with the facts of what can be repaired of `text`, or of `lines` in its stead."""
    wrapper = ["class _:"] if place.role == MEMBER else []
    units = tuple(_units([*wrapper, *(lines or text.split("\n"))], place))
    state = UNSURE if isinstance(error, NotAloneError) else state_of(text, place)
    trouble = trouble_of(error, -len(wrapper))
    return Chunk(place, len(text), text.count("\n"), units, state, trouble)


def _units(lines: list[str], place: Place) -> Iterator[PlacedUnit]:
    protected = int(place.role == MEMBER)
    found = repaired(lines, protected)
    if found is None:
        return
    statements: list[Any] = list(found.statements)
    for position, statement in enumerate(statements):
        within = protected and not position
        members = statement.body if within else [statement]
        for piece in pieces(members, found.lines, place.owner if within else ""):
            if place.role != HEADER or piece.is_header:
                yield placed(piece, found.lines, -protected)
