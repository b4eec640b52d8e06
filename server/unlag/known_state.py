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
_OF_INDEX = StoredIndex.__struct_fields__
_CHECKED, _DEPLOYED = "checked files", "deployment files"
_KINDS: dict[str, type] = {
    **dict.fromkeys((*_OF_INDEX, _CHECKED, _DEPLOYED), dict),
    **dict.fromkeys(("linked", "remembered", "surveyed", "checked"), StoredWatch),
    "count": int,
    "entered": tuple,
}
_LENGTH = struct.Struct("<Q")


class Then(msgspec.Struct, frozen=True):
    """What a state is of."""

    digests: dict[str, bytes]
    """Of the text of each file; empty for one that was edited."""
    config: dict[str, bytes]


class KnownState:
    """The state kept of one project."""

    def __init__(self, root: str) -> None:
        self._name = kept.name_of("state", root, sys.byteorder)
        self._pieces: list[memoryview] = []
        self._words: list[Word] = []
        self.edited: dict[str, FileFacts] = {}
        """The facts of the files that had been edited."""

    def load(self) -> Then | None:
        """What the state is of that is kept; None where there is none."""
        data = kept.load(self._name)
        if data is None:
            return None
        try:
            *self._pieces, last = _taken_apart(data)
            digests, config, edited, self._words = marshal.loads(last)
            self.edited = {path: msgspec.convert(item, FileFacts) for path, item in edited.items()}
            return Then(digests, config)
        except (*UNREADABLE, struct.error, msgspec.MsgspecError):
            return None

    def read(self, tables: Tables, pause: Callable[[], None]) -> Stored | None:
        """The state itself, of files that are in `tables` as they were then; once."""
        pieces, words = self._pieces, self._words
        self._pieces, self._words, self.edited = [], [], {}
        found: dict[str, Any] = {name: {} for name in (*_OF_INDEX, _CHECKED, _DEPLOYED)}
        try:
            decoder = Decoder(words, tables)
            for piece in pieces:
                pause()
                name, value = decoder.decode(piece)
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

    def keeping(self, stored: Stored, then: Then, tables: Tables) -> Generator[None, None, None]:
        """Keep a state, a little after each step; whoever leaves off leaves what was there before."""
        writer = kept.Writer(self._name)
        encoder = Encoder(tables)
        is_whole = False
        try:
            for piece in _pieces(stored):
                _add(writer, encoder.encode(piece))
                yield
            edited = {}
            for path, item in stored.edited.items():
                edited[path] = msgspec.to_builtins(item)
                yield
            config = dict(then.config)
            _add(writer, marshal.dumps((then.digests, config, edited, encoder.words)))
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


def _add(writer: kept.Writer, part: bytes) -> None:
    writer.add(_LENGTH.pack(len(part)))
    writer.add(part)


def _taken_apart(data: memoryview) -> Iterator[memoryview]:
    """What was added, part by part."""
    start = 0
    while start < len(data):
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        yield data[start : start + length]
        start += length
