"""Files of our own in the user's cache directory: whole or not there, and never too many.

What is in them is for others to know. Never raises for what a disk does, and never looks into a
workspace: a cache that cannot be read or written is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from typing import IO

import unlag

_DAYS_KEPT = 30
_MOST_BYTES = 512 * 1024 * 1024
_DIGEST = 16
_UNFINISHED = "writing-"

logger = logging.getLogger("unlag.kept")


def digest_of(data: bytes | memoryview) -> bytes:
    """A name for `data` that nothing else has."""
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


def text_digest(text: str) -> bytes:
    """A name for a text that no other text has."""
    return digest_of(text.encode("utf-8", "surrogatepass"))


def name_of(kind: str, *inputs: object) -> str:
    """The name under which this very version of Unlag keeps what it makes of `inputs`."""
    return f"{kind}-{text_digest(repr((inputs, _program()))).hex()}"


def load(name: str) -> memoryview | None:
    """What was kept under `name`; None where there is nothing, or not the whole of it."""
    path = os.path.join(_folder(), name)
    try:
        with open(path, "rb") as handle:
            data = memoryview(handle.read())  # tens of megabytes: no part is copied
    except OSError:
        return None
    if digest_of(data[_DIGEST:]) != data[:_DIGEST]:
        logger.info("The cache file %s is damaged; it will be written anew.", path)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # the last ones asked for are kept longest
    return data[_DIGEST:]


def save(name: str, data: bytes) -> None:
    """Keep `data` under `name`."""
    writer = Writer(name)
    writer.add(data)
    writer.commit()


class Writer:
    """A file of the cache in the making: others see all of it once it is done, or none."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._temporary = ""
        self._summed = hashlib.blake2b(digest_size=_DIGEST)
        self._handle: IO[bytes] | None = None
        import tempfile  # a run that finds what it needs writes nothing

        with self._telling():
            os.makedirs(_folder(), mode=0o700, exist_ok=True)
            descriptor, self._temporary = tempfile.mkstemp(dir=_folder(), prefix=_UNFINISHED)
            self._handle = os.fdopen(descriptor, "wb")
            self._handle.write(bytes(_DIGEST))

    def add(self, part: bytes | memoryview) -> None:
        """Put `part` behind what was added before."""
        if self._handle is not None:
            with self._telling():
                self._handle.write(part)
                self._summed.update(part)

    def commit(self) -> None:
        """Let the file take the place of the one that bore its name."""
        if self._handle is not None:
            with self._telling():
                self._handle.seek(0)
                self._handle.write(self._summed.digest())
                self._handle.close()
                os.replace(self._temporary, os.path.join(_folder(), self._name))
                _make_room(_folder())

    def discard(self) -> None:
        """Leave what was there before."""
        handle, self._handle = self._handle, None
        with contextlib.suppress(OSError):
            if handle is not None:
                handle.close()
        with contextlib.suppress(OSError):
            os.unlink(self._temporary)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Give up, with a word in the log, where the disk refuses."""
        try:
            yield
        except OSError as error:
            logger.info("Nothing could be kept in the cache: %s.", error)
            self.discard()


def _make_room(folder: str) -> None:
    """Remove what nobody asked for in a month, what was never finished, and the oldest beyond the most."""
    found = []
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            status = entry.stat()
            found.append((status.st_mtime, status.st_size, entry.path))
    now = time.time()
    total = 0
    for changed, size, path in sorted(found, reverse=True):
        total += size
        is_unfinished = os.path.basename(path).startswith(_UNFINISHED)
        age = (now - changed) / 86400
        if age > (1 if is_unfinished else _DAYS_KEPT) or total > _MOST_BYTES:
            with contextlib.suppress(OSError):
                os.unlink(path)


@cache
def _program() -> tuple[object, ...]:
    """Everything of ours and of Python's that decides a result: an edit of Unlag voids what is kept."""
    home = os.path.dirname(unlag.__file__)
    installed = _installed(home)
    found: list[tuple[object, ...]] = []
    for folder, _, names in os.walk(home):
        for name in names:
            if name.endswith((".py", ".toml")):
                status = os.stat(os.path.join(folder, name))
                when = 0 if installed else status.st_mtime_ns
                found.append((name, when, status.st_size))
    return unlag.__version__, sys.version, *installed, *sorted(found)


def _installed(home: str) -> list[str]:
    """What pip wrote down of the files it installed, digests included; empty where it installed none here.

    Installing the same files once more leaves it the same, unlike their times: CI keeps a cache from run to run.
    """
    record = f"{home}-{unlag.__version__}.dist-info/RECORD"
    try:
        with open(record, encoding="utf-8") as handle:
            return sorted(line for line in handle if line.startswith("unlag/") and "sha256" in line)
    except OSError:
        return []


def _folder() -> str:
    import platformdirs  # a run without the cache need not pay for it

    return os.path.join(platformdirs.user_cache_dir("unlag", appauthor=False), "kept")
