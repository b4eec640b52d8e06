"""Small caches that live as long as the process."""

from __future__ import annotations

import csv
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

V = TypeVar("V")

TAX_TABLE = Path(__file__).parent / "tax_rates.csv"


class TimedCache(Generic[V]):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.entries: dict[str, tuple[float, V]] = {}

    def get(self, key: str) -> V | None:
        with self.lock:
            entry = self.entries.get(key)
        if entry is None or entry[0] < time.monotonic():
            return None
        return entry[1]

    def put(self, key: str, value: V) -> V:
        with self.lock:
            self.entries[key] = (time.monotonic() + self.seconds, value)
        return value


@lru_cache(maxsize=1)
def tax_rates() -> dict[str, float]:
    with TAX_TABLE.open(newline="") as table:
        return {row["country"]: float(row["rate"]) for row in csv.DictReader(table)}


def reload_tax_rates() -> dict[str, float]:
    text = TAX_TABLE.read_text()
    return {row["country"]: float(row["rate"]) for row in csv.DictReader(text.splitlines())}


class Banner:
    """The notice on top of every page; read once."""

    _text: str | None = None

    def __init__(self, path: Path) -> None:
        self.path = path

    def text(self) -> str:
        if self._text is None:
            self._text = self.path.read_text().strip()
        return self._text


banner = Banner(Path(__file__).parent / "templates" / "banner.txt")
