"""Keeps the result of a check in the user's cache directory, for the run in which nothing changed.

A file counts as unchanged when time and size are the same, else when its text is. Never an error:
a cache that cannot be read or written is as good as none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from unlag import files, kept
from unlag.config import Config
from unlag.files import Source

_RECENT = 2_000_000_000
"""Nanoseconds within which two changes can bear the same time on a coarse file system."""

T = TypeVar("T")


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was when it was analysed."""

    path: str
    stamp: tuple[int, int]
    digest: bytes

    @classmethod
    def of(cls, source: Source) -> Seen:
        """What to remember of a file that was just read."""
        stamp = (0, 0) if source.form is None else source.form.stamp
        return cls(source.path, stamp, kept.text_digest(source.text))


class _Stored(msgspec.Struct, Generic[T], array_like=True):
    written: int
    files: tuple[Seen, ...]
    result: T


def key_of(targets: Sequence[str], roots: Sequence[str], configs: Sequence[Config]) -> str:
    """The name under which the result of such a run is kept by this very version of Unlag."""
    return kept.name_of("check", targets, roots, sorted(map(repr, configs)))


def load(key: str, paths: Sequence[str], kind: type[T]) -> T | None:
    """The kept result, where it was made from exactly these files as they are now."""
    data = kept.load(key)
    if data is None:
        return None
    try:
        stored = msgspec.msgpack.decode(data, type=_Stored[kind])  # type: ignore[valid-type]
    except msgspec.MsgspecError:
        return None
    if [seen.path for seen in stored.files] != list(paths):
        return None
    if not all(_is_unchanged(seen, stored.written) for seen in stored.files):
        return None
    return stored.result


def save(key: str, seen: Sequence[Seen], result: object) -> None:
    """Keep `result` for the next run."""
    try:
        data = msgspec.msgpack.encode(_Stored(time.time_ns(), tuple(seen), result))
    except UnicodeEncodeError:
        return  # a path that is not Unicode
    kept.save(key, data)


def _is_unchanged(seen: Seen, written: int) -> bool:
    try:
        status = os.stat(seen.path)
    except OSError:
        return False
    is_recent = status.st_mtime_ns > written - _RECENT
    if (status.st_mtime_ns, status.st_size) == seen.stamp and not is_recent:
        return True
    source = files.read(seen.path)
    return isinstance(source, Source) and Seen.of(source).digest == seen.digest
