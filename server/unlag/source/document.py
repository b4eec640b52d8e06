"""One file while it is edited: immutable, each edit giving the next.

An edit reads again only the chunks it falls into. What it gives for text that parses is equal to
reading the whole file; where the text does not parse, chunks keep what they last were. Knows no
paths and no versions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from unlag.source.broken import salvage, state_of
from unlag.source.chunks import (
    EXACT,
    HEADER,
    MEMBER,
    TOP,
    UNSURE,
    Chunk,
    Known,
    Place,
    are_in_place,
    cut,
    facts_of,
    from_facts,
    is_whole,
    trouble_in,
)
from unlag.source.differences import changed
from unlag.source.facts import FileFacts
from unlag.source.memory import damage_to, memory_of, remembered, weight
from unlag.source.parse import Parsed, normalised, parse
from unlag.source.reading import read
from unlag.source.suppressions import Suppression, suppressions
from unlag.source.tree import UNREADABLE, NotAloneError, SyntaxTrouble, statements, trouble_of


class Document(msgspec.Struct, frozen=True):
    """A file's text and all that is known from it alone."""

    text: str
    facts: FileFacts
    suppressions: tuple[Suppression, ...]
    trouble: SyntaxTrouble | None
    chunks: tuple[Chunk, ...] = ()
    """Worked out by the first edit where the text was read in one go."""
    joined: tuple[int, ...] = ()
    """As in `Parsed`; of use as long as there are no chunks."""

    @staticmethod
    def read(text: str) -> Document:
        """The document of a text seen for the first time."""
        text = normalised(text)
        return Document.of(text, parse(text))

    @staticmethod
    def of(text: str, parsed: Parsed) -> Document:
        """The document of a text that `parse` has read, perhaps long ago."""
        return Document(
            text, parsed.facts, parsed.suppressions, parsed.trouble, parsed.chunks, parsed.joined
        )

    def edited(self, text: str) -> Document:
        """The document of the new text; facts of what did not change are the same objects."""
        text = normalised(text)
        if text == self.text:
            return self
        old = self.chunks or tuple(from_facts(self.text, self.facts, self.joined))
        chunks = tuple(_reread(_Edit(self.text, text, old)))
        return Document(text, facts_of(chunks), suppressions(text), _trouble(text, chunks), chunks)


def _trouble(text: str, chunks: Sequence[Chunk]) -> SyntaxTrouble | None:
    trouble = trouble_in(chunks)
    if (trouble is None or trouble.newer_syntax) and not is_whole(chunks):
        try:
            statements(text)
        except UNREADABLE as error:
            return trouble_of(error)
    return trouble


class _Edit:
    """Which chunks an edit touches, and their new text."""

    __slots__ = ("chunks", "first", "is_last", "new", "old", "place", "stop", "text")

    def __init__(self, old: str, new: str, chunks: Sequence[Chunk]) -> None:
        self.old = old
        self.new = new
        self.chunks = chunks
        ends = list(accumulate([chunk.size for chunk in chunks]))
        self.first, self.stop = _touched(old, new, ends)
        self.place = self._widen()
        start = ends[self.first - 1] if self.first else 0
        self.text = new[start : ends[self.stop - 1] + len(new) - len(old)]
        self.is_last = self.stop == len(chunks) or chunks[self.stop].place.role != MEMBER

    def _widen(self) -> Place:
        """Take in the whole of a class that is touched in more than its members or its header."""
        chunks = self.chunks
        touched = chunks[self.first : self.stop]
        place = touched[0].place
        if len(touched) == 1 or (place.role != HEADER and all(c.place == place for c in touched)):
            return place
        while self.first and chunks[self.first].place.role == MEMBER:
            self.first -= 1
        if chunks[self.stop - 1].place.role != TOP:
            while self.stop < len(chunks) and chunks[self.stop].place.role == MEMBER:
                self.stop += 1
        return Place()

    def with_chunks(self, found: Sequence[Chunk]) -> list[Chunk]:
        """All chunks, `found` in place of the touched ones."""
        chunks = [*self.chunks[: self.first], *found, *self.chunks[self.stop :]]
        return [chunk for chunk in chunks if chunk.size] or [Chunk(Place(), 0, 0, ())]

    def texts(self, first: int, stop: int) -> Iterator[str]:
        """The old texts of some chunks."""
        start = sum(chunk.size for chunk in self.chunks[:first])
        for chunk in self.chunks[first:stop]:
            yield self.old[start : start + chunk.size]
            start += chunk.size

    def known(self, first: int, stop: int) -> Known:
        """The exact ones of some chunks, by place and old text."""
        texts = self.texts(first, stop)
        return {
            (chunk.place, text): chunk
            for chunk, text in zip(self.chunks[first:stop], texts, strict=True)
            if chunk.state == EXACT
        }


def _touched(old: str, new: str, ends: Sequence[int]) -> tuple[int, int]:
    """First chunk that an edit touches, and the one after the last."""
    start, end = changed(old, new)
    grown = len(new) - len(old)
    first = min(bisect_right(ends, start), len(ends) - 1)
    begin = ends[first - 1] if first else 0
    if first and start == end == begin and new[end + grown - 1] == "\n":
        return first - 1, first  # whole lines put between two chunks belong to the upper one
    stop = first + 1
    while stop < len(ends):
        new_end = ends[stop - 1] + grown
        if ends[stop - 1] >= end and (new_end <= begin or new[new_end - 1] == "\n"):
            break
        stop += 1
    return first, stop


def _reread(edit: _Edit) -> list[Chunk]:
    """All chunks after an edit."""
    known = edit.known(edit.first, edit.stop)
    broken = None
    try:
        found = read(edit.text, edit.place, known, is_last=edit.is_last)
    except UNREADABLE as error:
        broken = _broken(edit, error)
        found = [broken]
    chunks = edit.with_chunks(found)
    if broken is None and is_whole(chunks):
        return chunks
    whole = _whole(edit) if _can_be_whole(chunks) else None
    if whole is not None:
        return whole
    return chunks if broken is None else edit.with_chunks(_recalled(edit, broken, known))


def _can_be_whole(chunks: Sequence[Chunk]) -> bool:
    """Whether the whole text may parse although the chunks one by one do not."""
    return any(chunk.state == UNSURE for chunk in chunks) or not are_in_place(chunks)


def _whole(edit: _Edit) -> list[Chunk] | None:
    """The chunks of the new text if it parses as a whole."""
    known = edit.known(0, len(edit.chunks))
    has_newer_syntax = any(chunk.trouble and chunk.state == EXACT for chunk in edit.chunks)
    try:
        if has_newer_syntax:
            return read(edit.new, Place(), known)
        return cut([(Place(), statements(edit.new))], edit.new.split("\n"), known=known)
    except UNREADABLE:
        return None


def _recalled(edit: _Edit, broken: Chunk, known: Known) -> Sequence[Chunk]:
    """The touched chunks after an edit that broke them: as remembered or as repaired."""
    touched = edit.chunks[edit.first : edit.stop]
    memory = memory_of(touched, edit.texts(edit.first, edit.stop))
    if memory is None:
        return salvage(edit.text, edit.place, known, is_last=edit.is_last)
    damage = damage_to(memory.text, edit.text)
    units = remembered(memory.units, damage)
    if not damage.is_small or damage.adds_definition:
        saved = salvage(edit.text, edit.place, known, is_last=edit.is_last)
        if sum(weight(chunk.units) for chunk in saved) >= weight(units):
            return saved
    return [msgspec.structs.replace(broken, units=units, memory=memory)]


def _broken(edit: _Edit, error: BaseException) -> Chunk:
    """One chunk for all that an edit touches, without its facts."""
    text, place = edit.text, edit.place
    trouble = trouble_of(error, -int(place.role == MEMBER))
    state = UNSURE if isinstance(error, NotAloneError) else state_of(text, place)
    return Chunk(place, len(text), text.count("\n"), (), state, trouble)
