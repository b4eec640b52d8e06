"""What was known of a project when it was last known as a whole: an analysis goes on from there.

Kept for each project in one file of the user's cache directory. The facts of texts are not in it, but for
those of files that were edited: they are kept by `known_facts` already.
"""

from __future__ import annotations

import marshal
import struct
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from itertools import islice
from pickle import PicklingError
from typing import Any

import msgspec

from unlag import kept
from unlag.encoding import UNREADABLE, Decoder, Encoder, Tables, Word
from unlag.project.changes import StoredWatch
from unlag.project.stored import StoredIndex
from unlag.source.facts import FileFacts
from unlag.workspace import Stored

Config = Mapping[str, bytes]
"""Folder -> a digest of the configuration that holds there."""
_PIECE = 150
"""Items that are encoded between two pauses: some milliseconds."""
_WORDS = 10_000
"""Words that are encoded between two pauses."""
_SLICE = 1 << 20
"""Bytes that are written between two pauses."""
_OF_INDEX = StoredIndex.__struct_fields__
_CHECKED, _DEPLOYED = "checked files", "deployment files"
_KINDS: dict[str, type] = {
    **dict.fromkeys((*_OF_INDEX, _CHECKED, _DEPLOYED), dict),
    **dict.fromkeys(("linked", "remembered", "surveyed", "checked"), StoredWatch),
    "count": int,
    "entered": tuple,
}
_UNREADABLE = (*UNREADABLE, struct.error, msgspec.MsgspecError)
_LENGTH = struct.Struct("<Q")


class Then(msgspec.Struct, frozen=True):
    """What a state is of."""

    digests: dict[str, bytes]
    """Of the text of each file; empty for one that was edited."""
    config: dict[str, bytes]


class Kept:
    """A state as it was kept."""

    def __init__(self, data: memoryview) -> None:
        """Raises one of `_UNREADABLE` where `data` is something else."""
        *parts, last = _taken_apart(data)
        digests, config, edited, count = marshal.loads(last)
        first = len(parts) - count
        self._parts = parts[:first]
        self._words: list[Word] = [word for part in parts[first:] for word in marshal.loads(part)]
        self.then = Then(digests, config)
        self.edited = {path: msgspec.convert(item, FileFacts) for path, item in edited.items()}
        """The facts of the files that had been edited."""

    def read(self, tables: Tables, pause: Callable[[], None]) -> Stored | None:
        """All of it, of files that are in `tables` as they were then; None where it is no state."""
        found: dict[str, Any] = {name: {} for name in (*_OF_INDEX, _CHECKED, _DEPLOYED)}
        try:
            decoder = Decoder(self._words, tables)
            left = iter(self._parts)
            for count in left:
                pause()
                beside = list(islice(left, int.from_bytes(count, "little")))
                name, value = decoder.decode(next(left, b""), beside)
                if isinstance(value, list):
                    found[name].update(value)
                else:
                    found[name] = value
        except UNREADABLE:
            return None
        if any(not isinstance(found[name], kind) for name, kind in _KINDS.items()):
            return None
        index = {name: found[name] for name in _OF_INDEX}
        return Stored(StoredIndex(**index), found[_CHECKED], found[_DEPLOYED])


class KnownState:
    """The place where the state of one project is kept."""

    def __init__(self, root: str, selection: tuple[object, ...] = ()) -> None:
        """`selection` is what somebody asked to have checked, where that is not what the project's files say."""
        self._name = kept.name_of("state", root, sys.byteorder, *selection)

    def load(self) -> Kept | None:
        """The state that was kept last; None where there is none."""
        data = kept.load(self._name)
        try:
            return Kept(data) if data is not None else None
        except _UNREADABLE:
            return None

    def keeping(self, stored: Stored, then: Then, tables: Tables) -> Generator[None, None, None]:
        """Keep a state, a little after each step; whoever leaves off leaves what was there before."""
        writer = kept.Writer(self._name)
        encoder = Encoder(tables)
        is_whole = False
        try:
            for piece in _pieces(stored):
                written, beside = encoder.encode(piece)
                parts: tuple[bytes | memoryview, ...] = (_number(len(beside)), *beside, written)
                for part in parts:
                    yield from _adding(writer, part)
            edited = {}
            for path, item in stored.edited.items():
                edited[path] = msgspec.to_builtins(item)
                yield
            words = encoder.words
            starts = range(0, len(words), _WORDS)
            for start in starts:
                yield from _adding(writer, marshal.dumps(words[start : start + _WORDS]))
            last = (then.digests, then.config, edited, len(starts))
            yield from _adding(writer, marshal.dumps(last))
            is_whole = True
        except (PicklingError, TypeError, AttributeError) as error:
            kept.logger.info("What is known of the project could not be kept: %s.", error)
        finally:
            if is_whole:
                writer.commit()
            else:
                writer.discard()


def _pieces(stored: Stored) -> Iterator[tuple[str, object]]:
    """A state field by field; mappings as lists of some of their items."""
    fields = {name: getattr(stored.index, name) for name in _OF_INDEX}
    fields |= {_CHECKED: stored.checked, _DEPLOYED: stored.deployed}
    for name, value in fields.items():
        if not isinstance(value, Mapping):
            yield name, value
            continue
        items = iter(value.items())
        while some := list(islice(items, _PIECE)):
            yield name, some


def _number(count: int) -> bytes:
    return count.to_bytes(4, "little")


def _adding(writer: kept.Writer, part: bytes | memoryview) -> Iterator[None]:
    writer.add(_LENGTH.pack(len(part)))
    for start in range(0, len(part), _SLICE):
        writer.add(memoryview(part)[start : start + _SLICE])
        yield


def _taken_apart(data: memoryview) -> Iterator[memoryview]:
    """What was added, part by part."""
    start = 0
    while start < len(data):
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        yield data[start : start + length]
        start += length
