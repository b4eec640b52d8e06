"""Facts of files read in earlier runs, by the digest of the text: what did not change is not parsed.

Kept for each project in one file of the user's cache directory. Says nothing about how files hang
together; that is worked out anew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import msgspec

from unlag import kept
from unlag.source.facts import FileFacts, PlacedUnit, UnitFacts
from unlag.source.parse import Parsed, parse
from unlag.source.scopes import EMPTY_BODY

_HEAD = struct.Struct("<16sI")
"""Before each file's facts: digest of the text, and their length."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Parsed).decode


class KnownFacts:
    """The facts known of one project's files, and those that are found out meanwhile."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._name = kept.name_of("facts", tuple(roots))
        self._data = memoryview(kept.load(self._name) or b"")
        self._places = dict(_places(self._data))
        self._used: list[bytes] = []
        self._writer: kept.Writer | None = None

    def parsed(self, text: str) -> Parsed:
        """What `parse` says of a text."""
        digest = kept.text_digest(text)
        place = self._places.get(digest)
        if place is None:
            return self._read(digest, text)
        try:
            found = _decode(self._data[place])
        except msgspec.MsgspecError:  # written by a program that looked like this one
            return self._read(digest, text)
        if self._writer is None:
            self._used.append(digest)
        else:
            self._add(digest, self._data[place])
        return _with_shared_bodies(found)

    def close(self, *, is_whole: bool) -> None:
        """Keep the facts of all texts asked for where those were `is_whole` the project's."""
        if is_whole and self._writer is None and len(set(self._used)) < len(self._places):
            self._start()  # what belonged to texts that are no more goes away
        if self._writer is not None:
            if is_whole:
                self._writer.commit()
            else:
                self._writer.discard()
        self._data, self._places, self._writer = memoryview(b""), {}, None

    def _read(self, digest: bytes, text: str) -> Parsed:
        made = parse(text)
        try:
            packed = _encode(made)
        except UnicodeEncodeError:
            return made  # half a surrogate pair, which no text outside Python can hold
        self._start()
        self._add(digest, packed)
        return made

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


def _with_shared_bodies(parsed: Parsed) -> Parsed:
    """The same with the one body that most units have in common: as compact as freshly parsed."""
    units = tuple([_with_shared_body(unit) for unit in parsed.facts.units])
    return msgspec.structs.replace(parsed, facts=FileFacts(units, parsed.facts.lines))


def _with_shared_body(unit: PlacedUnit) -> PlacedUnit:
    found = unit.facts
    if found.body != EMPTY_BODY:
        return unit
    shared = UnitFacts(EMPTY_BODY, found.functions, found.classes)
    return PlacedUnit(unit.line, unit.owner, shared)
