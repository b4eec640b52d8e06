"""Facts of files read in earlier runs, by the digest of the text: what did not change is not parsed.

Kept for each project in one file of the user's cache directory. Says nothing about how files hang
together; that is worked out anew.
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterable, Iterator

import msgspec

from unlag import kept
from unlag.source.facts import FileFacts, PlacedUnit, UnitFacts
from unlag.source.parse import Parsed, parse
from unlag.source.scopes import EMPTY_BODY

_HEAD = struct.Struct("<16sI")
"""Before each file's facts: digest of the text, and their length."""
_NOT_WRITTEN_HERE = (msgspec.MsgspecError, ValueError, EOFError, TypeError)
"""What reading raises for the words of a program that looked like this one."""
_SPARE = 4
"""One byte of so many is for facts that nobody asked for the last time."""


class KnownFacts:
    """The facts known of one project's files, and those that are found out meanwhile."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._name = kept.name_of("facts", tuple(roots))
        self._data = kept.load(self._name) or memoryview(b"")
        self._places = dict(_places(self._data))
        self._used: list[bytes] = []
        """What was asked for and is known already."""
        self._writer: kept.Writer | None = None
        self._imports: dict[UnitFacts, UnitFacts] = {}
        """One object for what many files import."""

    def parsed(self, text: str) -> Parsed:
        """What `parse` says of a text."""
        digest = kept.text_digest(text)
        return self.of(digest, is_wanted=True) or self._read(digest, text)

    @property
    def is_empty(self) -> bool:
        """Whether no earlier run kept anything."""
        return not self._places

    def knows(self, digest: bytes) -> bool:
        """Whether the facts of a text with this digest are known."""
        return digest in self._places

    def of(self, digest: bytes, *, is_wanted: bool) -> Parsed | None:
        """What the text with a digest says, or said, where it is known; wanted is what the next run wants too."""
        place = self._places.get(digest)
        if place is None:
            return None
        try:
            found = unpacked(self._data[place])
        except _NOT_WRITTEN_HERE:
            return None
        if is_wanted:
            self._use(digest, place)
        return self._shared(found)

    def close(self, *, is_whole: bool) -> None:
        """Keep the facts of all texts asked for where those were `is_whole` the project's."""
        spare = self._spare() if is_whole else []
        known = len(set(self._used)) + len(spare)
        if is_whole and self._writer is None and known < len(self._places):
            self._start()  # what belonged to texts that are no more goes away
        if self._writer is not None:
            for digest in spare:
                self._add(digest, self._data[self._places[digest]])
            if is_whole:
                self._writer.commit()
            else:
                self._writer.discard()
        self._data, self._places, self._writer = memoryview(b""), {}, None
        self._imports.clear()

    def _use(self, digest: bytes, place: slice) -> None:
        self._used.append(digest)
        if self._writer is not None:
            self._add(digest, self._data[place])

    def _spare(self) -> list[bytes]:
        """What nobody asked for and is kept all the same, the last ones asked for first: texts come back."""
        used, room = set(self._used), len(self._data) // _SPARE
        spare = []
        for digest, place in self._places.items():
            if digest not in used:
                room -= place.stop - place.start
                if room < 0:
                    break
                spare.append(digest)
        return spare

    def _read(self, digest: bytes, text: str) -> Parsed:
        made = parse(text)
        self._start()
        self._add(digest, packed(made))
        return made

    def _shared(self, parsed: Parsed) -> Parsed:
        """The same with the bodies that most units have in common: as compact as freshly parsed."""
        units = tuple([self._shared_unit(unit) for unit in parsed.facts.units])
        return msgspec.structs.replace(parsed, facts=FileFacts(units, parsed.facts.lines))

    def _shared_unit(self, unit: PlacedUnit) -> PlacedUnit:
        found = unit.facts
        if found.body == EMPTY_BODY:
            shared = UnitFacts(EMPTY_BODY, found.functions, found.classes)
        elif found.body.imports:
            shared = self._imports.setdefault(found, found)
        else:
            return unit
        return PlacedUnit(unit.line, unit.owner, shared)

    def _start(self) -> None:
        """Begin the file with what is known already: it goes to the disk as it comes."""
        if self._writer is None:
            self._writer = kept.Writer(self._name)
            for digest in dict.fromkeys(self._used):
                self._add(digest, self._data[self._places[digest]])

    def _add(self, digest: bytes, packed: bytes | memoryview) -> None:
        if self._writer is not None:
            self._writer.add(_HEAD.pack(digest, len(packed)))
            self._writer.add(packed)


def _places(data: memoryview) -> Iterator[tuple[bytes, slice]]:
    """Digest of each text and where its facts stand."""
    start = 0
    while start + _HEAD.size <= len(data):
        digest, length = _HEAD.unpack_from(data, start)
        start += _HEAD.size
        yield digest, slice(start, start + length)
        start += length


def packed(parsed: Parsed) -> bytes:
    """What `unpacked` reads."""
    return marshal.dumps(msgspec.to_builtins(parsed))


def unpacked(data: bytes | memoryview) -> Parsed:
    """What was packed; raises what is no such thing.

    Unlike msgpack, marshal knows which texts are interned: the facts of a project take half the room when
    equal names are one object, as they are when freshly parsed.
    """
    return msgspec.convert(marshal.loads(data), Parsed)
