"""Keeps the result of a check in the user's cache directory, for the run in which nothing changed.

A file counts as unchanged when time and size are the same, else when its text is. Never an error:
a cache that cannot be read or written is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

import unlag
from unlag import files
from unlag.config import Config
from unlag.files import Source

_RECENT = 2_000_000_000
"""Nanoseconds within which two changes can bear the same time on a coarse file system."""
_DAYS_KEPT = 30

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
        return cls(source.path, stamp, _digest(source.text.encode("utf-8", "surrogatepass")))


class _Stored(msgspec.Struct, Generic[T], array_like=True):
    written: int
    files: tuple[Seen, ...]
    result: T


def key_of(targets: Sequence[str], roots: Sequence[str], configs: Sequence[Config]) -> str:
    """The name under which the result of such a run is kept by this very version of Unlag."""
    program = (unlag.__version__, sys.version, *_program_files())
    everything = [targets, roots, sorted(map(repr, configs)), program]
    return _digest(repr(everything).encode("utf-8", "surrogatepass")).hex()


def load(key: str, paths: Sequence[str], kind: type[T]) -> T | None:
    """The kept result, where it was made from exactly these files as they are now."""
    try:
        with open(_file(key), "rb") as handle:
            stored = msgspec.msgpack.decode(handle.read(), type=_Stored[kind])  # type: ignore[valid-type]
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if [seen.path for seen in stored.files] != list(paths):
        return None
    if not all(_is_unchanged(seen, stored.written) for seen in stored.files):
        return None
    return stored.result


def save(key: str, seen: Sequence[Seen], result: object) -> None:
    """Keep `result` for the next run; results nobody asked for in a month go."""
    path = _file(key)
    temporary = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError, UnicodeEncodeError):
        data = msgspec.msgpack.encode(_Stored(time.time_ns(), tuple(seen), result))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _remove_old(os.path.dirname(path))
        with open(temporary, "wb") as handle:
            handle.write(data)
        os.replace(temporary, path)


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


def _remove_old(folder: str) -> None:
    oldest = time.time() - _DAYS_KEPT * 86400
    for entry in os.scandir(folder):
        if entry.stat().st_mtime < oldest:
            os.unlink(entry.path)


def _program_files() -> list[tuple[str, int, int]]:
    """Our own files: an edit of Unlag itself makes every kept result void."""
    found = []
    for folder, _, names in os.walk(os.path.dirname(unlag.__file__)):
        for name in names:
            if name.endswith((".py", ".toml")):
                status = os.stat(os.path.join(folder, name))
                found.append((name, status.st_mtime_ns, status.st_size))
    return sorted(found)


def _file(key: str) -> str:
    import platformdirs  # only check uses the cache

    return os.path.join(platformdirs.user_cache_dir("unlag", appauthor=False), "checks", key)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
