"""What is known of the versions of libraries a project runs with, and what that proves.

Plain data about one project; reads nothing. Specifiers are kept as they are written and understood only
when a rule asks: most runs ask for none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from packaging.version import Version

DISTRIBUTIONS = frozenset(
    {
        "aiofiles", "alembic", "anyio", "asyncpg", "beanie", "fastapi", "fastapi-cli", "gunicorn",
        "httptools", "httpx", "httpx2", "motor", "orjson", "psycopg", "pydantic",
        "pydantic-settings", "pymongo", "redis", "sqlalchemy", "sqlmodel", "starlette",
        "tortoise-orm", "uvicorn", "uvloop",
    }
)  # fmt: skip
"""What rules may ask for; only of these anything is looked up."""

_PART = re.compile(r"\s*(===?|~=|>=|<=|!=|>|<|\^|~|)\s*v?([^\s,;]+)\s*")
_SERIES = re.compile(r"\d+(?:\.\d+)*")


class Known(msgspec.Struct, frozen=True):
    """What one source says of one distribution."""

    distribution: str
    """In lower case, with hyphens."""
    specifier: str
    """As written: `==0.128.0`, `>=0.100,<1`, Poetry's `^0.110`; empty where any version is right."""
    source: str = ""
    """The absolute path of the environment or file that says it."""

    @property
    def spoken(self) -> str:
        """The version alone where it is exact, else what is asked for."""
        return self.specifier.removeprefix("==") or "any"


class Versions(msgspec.Struct, frozen=True):
    """What is known of one project's distributions, each at most once."""

    known: tuple[Known, ...] = ()

    def of(self, distribution: str) -> Known | None:
        """What is known of a distribution; None where nothing is."""
        if distribution not in DISTRIBUTIONS:
            raise ValueError(f"{distribution} is missing in versions.DISTRIBUTIONS")
        for item in self.known:
            if item.distribution == distribution:
                return item
        return None

    def at_least(self, distribution: str, version: str) -> bool:
        """Whether the project runs with `version` or a later one.

        Where nothing is known the newest is taken for granted; where a lower bound is known, the bound.
        """
        known = self.of(distribution)
        if known is None:
            return not self._is_implied_before(distribution, version)
        return _reaches(known.specifier, version) or self._is_implied_since(distribution, version)

    def is_before(self, distribution: str, version: str) -> bool:
        """Whether the project surely runs with an older version than this one."""
        known = self.of(distribution)
        if known is None:
            return self._is_implied_before(distribution, version)
        return _stays_below(known.specifier, version)

    def _is_implied_before(self, distribution: str, version: str) -> bool:
        # FastAPI before 0.100 cannot run with Pydantic 2
        if distribution != "pydantic" or not self.is_before("fastapi", "0.100"):
            return False
        return _stays_below("<2", version)

    def _is_implied_since(self, distribution: str, version: str) -> bool:
        # Pydantic 2 cannot run below FastAPI 0.100
        pydantic = self.of("pydantic") if distribution == "fastapi" else None
        return (
            pydantic is not None
            and _starts_at(pydantic.specifier, "2")
            and _reaches(">=0.100", version)
        )

    def contradicts(self, other: Versions) -> bool:
        """Whether there is a distribution of which no version is right for both."""
        specifiers = {item.distribution: item.specifier for item in other.known}
        return any(
            _are_apart(item.specifier, specifiers[item.distribution])
            for item in self.known
            if item.distribution in specifiers
        )

    def overridden(self, other: Versions) -> Versions:
        """The same where `other` says nothing."""
        named = {item.distribution for item in other.known}
        kept = (item for item in self.known if item.distribution not in named)
        return Versions(tuple(sorted((*other.known, *kept), key=lambda item: item.distribution)))


class _Bounds(msgspec.Struct):
    """The versions a specifier allows."""

    lowest: Version | None = None
    highest: Version | None = None
    is_closed: bool = False
    """Whether `highest` itself is allowed."""


@lru_cache(maxsize=256)
def _reaches(specifier: str, version: str) -> bool:
    from packaging.version import Version

    bounds, wanted = _bounds(specifier), Version(version)
    if bounds.lowest is not None:
        return bounds.lowest >= wanted
    return bounds.highest is None or _allows(bounds.highest, wanted, is_closed=bounds.is_closed)


@lru_cache(maxsize=256)
def _starts_at(specifier: str, version: str) -> bool:
    from packaging.version import Version

    lowest = _bounds(specifier).lowest
    return lowest is not None and lowest >= Version(version)


@lru_cache(maxsize=256)
def _stays_below(specifier: str, version: str) -> bool:
    from packaging.version import Version

    bounds = _bounds(specifier)
    return bounds.highest is not None and not _allows(
        bounds.highest, Version(version), is_closed=bounds.is_closed
    )


def _are_apart(specifier: str, other: str) -> bool:
    """Whether no version fits both."""
    ways = ((specifier, other), (other, specifier))
    return any(
        lowest is not None and _stays_below(below, str(lowest))
        for below, above in ways
        for lowest in (_bounds(above).lowest,)
    )


def _allows(highest: Version, wanted: Version, *, is_closed: bool) -> bool:
    return highest > wanted or (is_closed and highest == wanted)


@lru_cache(maxsize=256)
def _bounds(specifier: str) -> _Bounds:
    """What a specifier of pip or Poetry allows; parts that are none say nothing."""
    bounds = _Bounds()
    if "||" in specifier:
        return bounds
    for part in specifier.split(","):
        match = _PART.fullmatch(part)
        if match is not None:
            _narrow(bounds, match[1], match[2])
    return bounds


def _narrow(bounds: _Bounds, operator: str, text: str) -> None:
    from packaging.version import InvalidVersion, Version

    is_series = text.endswith(".*")
    try:
        version = Version(text.removesuffix(".*"))
        if operator in ("^", "~", "~=") or is_series:
            highest = Version(_end_of_series(operator, text.removesuffix(".*")))
        else:
            highest = version
    except InvalidVersion:
        return
    if operator not in ("<", "<=", "!="):
        bounds.lowest = version if bounds.lowest is None else max(bounds.lowest, version)
    if operator not in (">", ">=", "!=") and (bounds.highest is None or highest <= bounds.highest):
        bounds.highest = highest
        bounds.is_closed = operator in ("==", "===", "<=", "") and not is_series


def _end_of_series(operator: str, text: str) -> str:
    """The first version that `^`, `~`, `~=` or `.*` no longer allow."""
    series = _SERIES.match(text)
    numbers = [int(number) for number in series[0].split(".")] if series else [0]
    if operator == "^":
        kept = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1) + 1
    elif operator == "~=":
        kept = max(len(numbers) - 1, 1)
    elif operator == "~":
        kept = min(len(numbers), 2)
    else:
        kept = len(numbers)
    return ".".join(map(str, [*numbers[: kept - 1], numbers[kept - 1] + 1]))
