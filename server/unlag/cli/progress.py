"""One line on a terminal's stderr that says how far a long run is; silent everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

PATIENCE = 1.0
"""Seconds before the first word."""
_INTERVAL = 0.1

T = TypeVar("T")


class Progress:
    """Shows the latest step of a run that has taken longer than `PATIENCE`."""

    def __init__(self) -> None:
        self._next = time.monotonic() + PATIENCE
        self._wanted = sys.stderr.isatty()
        self._shown = False

    def counted(self, items: Iterable[T], total: int) -> Iterator[T]:
        """`items` of files as they are read, saying from time to time how many of `total` have passed."""
        for number, item in enumerate(items, 1):
            self.reading(number, total)
            yield item
        if self._shown:
            self.say("Following calls")

    def reading(self, number: int, total: int) -> bool:
        """Say that `number` of `total` files are read; whether to read on, which a run always does."""
        if self._wanted and time.monotonic() >= self._next:
            self.say(f"Reading {number} of {total} files")
        return True

    def say(self, text: str) -> None:
        """Replace the line, where there is a terminal and the run is long."""
        now = time.monotonic()
        if self._wanted and now >= self._next:
            self._next = now + _INTERVAL
            self._shown = True
            sys.stderr.write(f"\r\x1b[K{text} ...")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away again."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
