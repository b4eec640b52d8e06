"""Archives of pictures, and a lock so that only one is written at a time."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    archive = zipfile.ZipFile(path, "w")
    try:
        yield archive
    finally:
        archive.close()


class FileLock:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = -1

    def __enter__(self) -> FileLock:
        self.handle = os.open(self.path, os.O_CREAT | os.O_RDWR)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self.handle)


@contextmanager
def labelled(names: list[str], label: str) -> Iterator[list[str]]:
    names.append(f"begin {label}")
    yield names
    names.append(f"end {label}")


def write_archive(path: Path, names: list[str]) -> int:
    with open_archive(path) as archive:
        for name in names:
            archive.writestr(name, name)
    return path.stat().st_size
