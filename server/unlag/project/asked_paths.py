"""What paths mean in the functions that rules looked at last: several rules ask the same of each.

Holds until an edit. An answer comes with what was looked up for it, which is written down each time it is used.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from unlag.project.place import Place
from unlag.project.resolver import Resolver, is_same_everywhere
from unlag.project.values import Value
from unlag.source.scopes import MODULE

_MOST_FUNCTIONS = 512
_NONE: Set[str] = frozenset()


class _Function(NamedTuple):
    ambiguous: Set[str]
    """Its names that mean different things at different lines."""
    values: dict[tuple[str, int], tuple[Value, tuple[str, ...]]]
    """Path and line, 0 where the line does not matter -> value, what was looked up for it."""


class AskedPaths:
    """Values of paths, each found once for all who ask."""

    __slots__ = ("_functions", "_resolver", "_revision")

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._revision = -1
        self._functions: dict[tuple[str, str], _Function] = {}

    def forget(self) -> None:
        """Drop all answers: there is nobody to ask just now."""
        self._functions.clear()

    def value(self, place: Place, path: str, line: int) -> Value:
        """What `path` means at `place`, as the resolver says."""
        resolver = self._resolver
        if place.types or place.class_name:
            return resolver.resolve(place, path, line)
        if self._revision != resolver.changes.revision:
            self._functions.clear()
            self._revision = resolver.changes.revision
        known = self._functions.get((place.path, place.function)) or self._enter(place)
        if line and is_same_everywhere(path, known.ambiguous):
            line = 0
        found = known.values.get((path, line))
        if found is not None:
            resolver.seen.update(found[1])
            return found[0]
        outer = resolver.set_apart()
        try:
            value = resolver.resolve(place, path, line)
        finally:
            seen = resolver.go_on(outer)
            resolver.seen |= seen
        known.values[path, line] = (value, tuple(seen) if resolver.tracks else ())
        return value

    def _enter(self, place: Place) -> _Function:
        resolver = self._resolver
        if len(self._functions) >= _MOST_FUNCTIONS:
            del self._functions[next(iter(self._functions))]
        table = resolver.tables.get(place.path)
        entry = table.functions.get(place.function) if table and place.function != MODULE else None
        ambiguous = resolver.names_in(entry).ambiguous if entry is not None else _NONE
        known = self._functions[place.path, place.function] = _Function(ambiguous, {})
        return known
