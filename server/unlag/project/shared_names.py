"""What single files contribute to project-wide look-ups: properties, dependency aliases, state, subclasses.

Each file's share is kept apart, so that an edit only counts that file's share again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

import msgspec

from unlag.project.changes import Watch
from unlag.project.protocols import ProtocolClass, Protocols, protocols_of
from unlag.project.resolver import Place, Resolver, is_property
from unlag.project.table import FileTable
from unlag.project.values import Class

_DEPENDING = ("Depends(", "Security(", "Annotated[")


class Share(msgspec.Struct, frozen=True):
    """One file's part."""

    properties: frozenset[str]
    """Names that are a property of some class."""
    dependencies: frozenset[str]
    """Names that stand for `Annotated[..., Depends(...)]`."""
    state: tuple[tuple[str, Place, int, str], ...]
    """`app.state.name = path`: name, place, line, path."""


NO_SHARE = Share(frozenset(), frozenset(), ())


def share_of(table: FileTable) -> Share:
    """What one file contributes."""
    properties = {
        entry.facts.name
        for entry in table.functions.values()
        if entry.facts.owner and entry.facts.decorators and is_property(entry.facts)
    }
    dependencies = {
        name
        for name, paths in table.bindings.items()
        if any(any(mark in path for mark in _DEPENDING) for path in paths)
    }
    state = [
        (name.rpartition(".")[2], Place(table.path, function), line, path)
        for name, items in table.global_bindings.items()
        if name.rpartition(".")[0].rpartition(".")[2] == "state"
        for function, line, path in items
    ]
    # most files have none: each empty set would take 216 bytes
    none = NO_SHARE.properties
    return Share(frozenset(properties) or none, frozenset(dependencies) or none, tuple(state))


def all_state(shares: Iterable[Share]) -> dict[str, tuple[tuple[Place, int, str], ...]]:
    """Attribute of `app.state` -> everything assigned to it."""
    found: dict[str, list[tuple[Place, int, str]]] = {}
    for share in shares:
        for name, place, line, path in share.state:
            found.setdefault(name, []).append((place, line, path))
    return {name: tuple(items) for name, items in found.items()}


_NO_PAIRS: frozenset[tuple[str, str]] = frozenset()
_NOTHING: frozenset[str] = frozenset()


class Subclasses:
    """Class -> classes of the project that inherit from it directly, or keep to it where it is a protocol."""

    def __init__(self) -> None:
        self._pairs: dict[str, frozenset[tuple[str, str]]] = {}
        """File -> (base, subclass) pairs of its classes."""
        self._defined: dict[str, tuple[ProtocolClass, ...]] = {}
        """File -> its protocols; only files that have some."""
        self._protocols = Protocols(())
        self._watch = Watch()
        self.by_base: dict[str, tuple[str, ...]] = {}

    def build(self, tables: Mapping[str, FileTable], resolver: Resolver) -> None:
        """Count every file."""
        asked = self._define(tables, resolver, tables)
        self._pairs = {
            path: self._pairs_of(table, resolver, asked.get(path, _NOTHING))
            for path, table in tables.items()
        }
        found: dict[str, list[str]] = {}
        for pairs in self._pairs.values():
            for base, subclass in pairs:
                found.setdefault(base, []).append(subclass)
        self.by_base = {base: tuple(sorted(items)) for base, items in found.items()}

    def update(
        self,
        tables: Mapping[str, FileTable],
        resolver: Resolver,
        edited: set[str],
        changed: set[str],
    ) -> set[str]:
        """Count again what may differ; the bases whose subclasses changed."""
        moved: set[str] = set()
        counted = edited | self._watch.touched(changed)
        before = {path: self._defined.get(path) for path in counted}
        asked = self._define(tables, resolver, counted)
        if before != {path: self._defined.get(path) for path in counted}:
            counted |= tables.keys()
            asked = self._define(tables, resolver, tables)
        for path in counted:
            known = self._pairs.pop(path, _NO_PAIRS)
            table = tables.get(path) or FileTable.absent(path)
            fresh = self._pairs_of(table, resolver, asked.get(path, _NOTHING))
            moved.update(base for base, _ in known ^ fresh)
            if path in tables:
                self._pairs[path] = fresh
        for base in moved:
            items = sorted(
                subclass
                for pairs in self._pairs.values()
                for found, subclass in pairs
                if found == base
            )
            self.by_base.pop(base, None)
            if items:
                self.by_base[base] = tuple(items)
        return moved

    def _define(
        self, tables: Mapping[str, FileTable], resolver: Resolver, paths: Iterable[str]
    ) -> dict[str, set[str]]:
        """Take in the protocols of some files; what was looked up for it, by file."""
        looked_up: dict[str, set[str]] = {}
        for path in paths:
            self._defined.pop(path, None)
            if path not in tables:
                continue
            outer = resolver.set_apart()
            protocols = protocols_of(tables[path], resolver)
            seen = resolver.go_on(outer)
            if protocols:
                self._defined[path] = protocols
            if seen and resolver.tracks:
                looked_up[path] = seen
        self._protocols = Protocols(item for items in self._defined.values() for item in items)
        return looked_up

    def _pairs_of(
        self, table: FileTable, resolver: Resolver, looked_up: Set[str]
    ) -> frozenset[tuple[str, str]]:
        outer = resolver.set_apart()
        pairs = {
            (base.id, entry.id)
            for entry in table.classes.values()
            if entry.facts.bases
            for base in resolver.bases(entry)
            if isinstance(base, Class)
        }
        for entry in table.classes.values():
            pairs.update((base, entry.id) for base in self._protocols.kept_by(entry, resolver))
        seen = resolver.go_on(outer)
        if resolver.tracks:
            self._watch.write_down(table.path, seen | looked_up)
        return frozenset(pairs)
