"""A file as a row of chunks: runs of whole lines that can each be read without the others.

A chunk holds one unit, or several where they share a line, and the blank lines and comments after
it. The file is exactly the sum of its chunks as long as each is exact; where one is not, its facts
are a repair or a memory, and `state` says what the rest of the file could do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from unlag.source.differences import common_prefix
from unlag.source.extract import Piece, pieces, placed
from unlag.source.facts import FileFacts, PlacedUnit
from unlag.source.tree import SyntaxTrouble, newer_syntax

TOP = "top"
HEADER = "header"
MEMBER = "member"

BLANKS = " \t\f"
"""What Python skips at the start of a line."""

EXACT = "exact"
BROKEN = "broken"
"""It is wrong in itself: no other chunk can mend it."""
OPEN = "open"
"""It is wrong for a bracket that never closes: only another broken chunk can mend it."""
UNSURE = "unsure"
"""It can be part of a whole that is right."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a chunk stands: what it takes to read it alone."""

    role: str = TOP
    owner: str = ""
    """Name of the class whose header or member it is."""
    indentation: str = ""
    """What every statement of the chunk starts with."""


class Memory(msgspec.Struct, frozen=True, gc=False):
    """What a broken chunk was when it could last be read."""

    text: str
    units: tuple[PlacedUnit, ...]


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """Some whole lines and their facts."""

    place: Place
    size: int
    """In characters."""
    lines: int
    """Line ends in it."""
    units: tuple[PlacedUnit, ...]
    """With lines counted from 1 at the start of the chunk."""
    state: str = EXACT
    trouble: SyntaxTrouble | None = None
    memory: Memory | None = None


Known = Mapping[tuple[Place, str], Chunk]
"""Exact chunks by what decides their facts: place and text."""


def facts_of(chunks: Sequence[Chunk]) -> FileFacts:
    """The facts of the file that is the sum of `chunks`."""
    units: list[PlacedUnit] = []
    line = 0
    for chunk in chunks:
        units.extend(moved(chunk.units, line))
        line += chunk.lines
    return FileFacts(tuple(units), line + 1)


def moved(units: Iterable[PlacedUnit], lines: int) -> list[PlacedUnit]:
    """`units`, so many lines further down."""
    if not lines:
        return list(units)
    return [PlacedUnit(unit.line + lines, unit.owner, unit.facts) for unit in units]


def trouble_in(chunks: Iterable[Chunk]) -> SyntaxTrouble | None:
    """The first trouble, with its line counted in the file; newer syntax only if that is all."""
    newer = None
    line = 0
    for chunk in chunks:
        if chunk.trouble is not None:
            found = msgspec.structs.replace(chunk.trouble, line=chunk.trouble.line + line)
            if not found.newer_syntax:
                return found
            newer = newer or found
        line += chunk.lines
    return newer


def is_whole(chunks: Sequence[Chunk]) -> bool:
    """Whether a file is exactly the sum of `chunks`."""
    return all(chunk.state == EXACT for chunk in chunks) and are_in_place(chunks)


def are_in_place(chunks: Iterable[Chunk]) -> bool:
    """Whether every chunk stands where it can: members below a header, and some below each."""
    above = Place()
    lacks_member = False
    for chunk in chunks:
        place = chunk.place
        if place.role == MEMBER:
            if place.owner != above.owner or above.indentation not in ("", place.indentation):
                return False
            lacks_member = lacks_member and not chunk.units
        elif lacks_member:
            return False
        else:
            lacks_member = place.role == HEADER
        above = place
    return not lacks_member


class _Seed:
    """A chunk to be: where it starts and the pieces it holds."""

    __slots__ = ("line", "pieces", "place")

    def __init__(self, line: int, place: Place, piece: Piece) -> None:
        self.line = line
        self.place = place
        self.pieces = [piece]


def cut(
    groups: Iterable[tuple[Place, Iterable[Any]]],
    lines: Sequence[str],
    *,
    parsed: Sequence[str] | None = None,
    first: int = 1,
    known: Known | None = None,
) -> list[Chunk]:
    """The chunks of some lines, from their statements by place.

    Lines before `first` are no part of the text. `parsed` has the lines that the statements were
    really made of, where those differ.
    """
    parsed = parsed or lines
    seeds = _seeds(groups, parsed)
    if not seeds:
        text = joined_lines(lines, first - 1, len(lines))
        return [Chunk(Place(), len(text), text.count("\n"), ())]
    ends = [seed.line - 1 for seed in seeds[1:]] + [len(lines)]
    chunks: list[Chunk] = []
    start = first - 1
    for seed, end in zip(seeds, ends, strict=True):
        text = joined_lines(lines, start, end)
        chunk = known.get((seed.place, text)) if known else None
        if chunk is None:
            units = tuple([placed(piece, parsed, -start) for piece in seed.pieces])
            trouble = None if parsed is lines else _newer(lines, parsed, start, end)
            chunk = Chunk(seed.place, len(text), text.count("\n"), units, EXACT, trouble)
        chunks.append(chunk)
        start = end
    return chunks


def joined_lines(lines: Sequence[str], start: int, end: int) -> str:
    """The text of some of a text's lines, with the line end that follows them."""
    return "\n".join(lines[start:end]) + ("\n" if end < len(lines) else "")


def _newer(lines: Sequence[str], parsed: Sequence[str], start: int, end: int) -> Any:
    for index in range(start, end):
        if lines[index] != parsed[index]:
            column = common_prefix(lines[index], parsed[index])
            return newer_syntax(index - start + 1, column)
    return None


def _seeds(groups: Iterable[tuple[Place, Iterable[Any]]], lines: Sequence[str]) -> list[_Seed]:
    seeds: list[_Seed] = []
    for place, statements in groups:
        for piece in pieces(statements, lines, place.owner):
            at = place
            if piece.is_header:
                at = Place(HEADER, piece.statement.name)
            elif piece.owner:
                at = Place(MEMBER, piece.owner, indentation_of(lines[piece.line - 1]))
            if seeds and (piece.is_joined or _continues(lines, piece.line, seeds[-1].place, at)):
                seeds[-1].pieces.append(piece)
            else:
                seeds.append(_Seed(piece.line, at, piece))
    return seeds


def _continues(lines: Sequence[str], line: int, before: Place, place: Place) -> bool:
    """Whether the line above can be part of the same statement for the backslash it ends with."""
    return lines[line - 2].endswith("\\") and before == place and place.role != HEADER


def from_facts(text: str, facts: FileFacts, joined: Iterable[int]) -> list[Chunk]:
    """The chunks of a text whose facts are known and exact."""
    lines = text.split("\n")
    if not facts.units:
        return [Chunk(Place(), len(text), len(lines) - 1, ())]
    offsets = [0, *accumulate(len(line) + 1 for line in lines)]
    offsets[-1] -= 1
    places = [_place(facts.units, index, lines) for index in range(len(facts.units))]
    starts = _starts(facts.units, places, lines, frozenset(joined))
    ends = [*starts[1:], len(facts.units)]
    chunks: list[Chunk] = []
    for start, end in zip(starts, ends, strict=True):
        units = facts.units[start:end]
        first = units[0].line - 1 if start else 0
        last = facts.units[end].line - 1 if end < len(facts.units) else len(lines)
        newlines = last - first - (last == len(lines))
        size = offsets[last] - offsets[first]
        chunks.append(Chunk(places[start], size, newlines, tuple(moved(units, -first))))
    return chunks


def _starts(
    units: Sequence[PlacedUnit],
    places: Sequence[Place],
    lines: Sequence[str],
    joined: frozenset[int],
) -> list[int]:
    """Indexes of the units that begin a chunk."""
    starts: list[int] = []
    for index, unit in enumerate(units):
        continues = index and _continues(lines, unit.line, places[starts[-1]], places[index])
        if not continues and index not in joined:
            starts.append(index)
    return starts


def _place(units: Sequence[PlacedUnit], index: int, lines: Sequence[str]) -> Place:
    unit = units[index]
    if unit.owner:
        return Place(MEMBER, unit.owner, indentation_of(lines[unit.line - 1]))
    if index + 1 < len(units) and units[index + 1].owner:
        return Place(HEADER, units[index + 1].owner)
    return Place()


def indentation_of(line: str) -> str:
    """The blanks a line starts with."""
    return line[: len(line) - len(line.lstrip(BLANKS))]
