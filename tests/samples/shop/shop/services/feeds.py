"""Texts and prices that come from files: greetings, seasonal prices, opening hours."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


class PriceSource:
    file_name = "prices.json"

    def load(self) -> dict[str, int]:
        return json.loads((DATA / self.file_name).read_text())

    def currency(self) -> str:
        return "EUR"


class SeasonalPrices(PriceSource):
    def __init__(self, percent: int) -> None:
        self.percent = percent

    def load(self) -> dict[str, int]:
        regular = super().load()
        return {slug: cents * self.percent // 100 for slug, cents in regular.items()}

    def currency(self) -> str:
        return super().currency().lower()

    @cached_property
    def loaded(self) -> dict[str, int]:
        return self.load()


class PriceBoard:
    def __init__(self, source: PriceSource | None = None) -> None:
        self.source = source or SeasonalPrices(80)

    def show(self, slug: str) -> int:
        return self.source.load().get(slug, 0)

    def unit(self) -> str:
        return self.source.currency()

    @lru_cache(maxsize=128)
    def sign(self, slug: str) -> str:
        return f"{slug} from {self.unit()}"


class Greeter:
    """Called with a name, says hello in the words of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, name: str) -> str:
        return string.Template(self.path.read_text()).safe_substitute(name=name)


class Farewell:
    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, name: str) -> str:
        return f"{self.words}, {name}!"


def lines_of(path: Path) -> Iterator[str]:
    with path.open() as text:
        yield from text


def numbered(lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        yield f"{number}. {line}"


async def imprint() -> str:
    return (DATA / "imprint.txt").read_text()


@lru_cache
async def opening_hours() -> dict[str, Any]:
    return {"monday": "9-18", "sunday": "closed"}


board = PriceBoard()
greet = Greeter(DATA / "greeting.txt")
say_goodbye = Farewell("Goodbye")
sale_board = PriceBoard(SeasonalPrices(60))
