"""Subclasses, and which of their methods stand for one of their base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unlag.project.options import is_aside
from unlag.project.table import FunctionEntry
from unlag.source import facts

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

_MOST = 60


def overrides(resolver: Resolver, entry: FunctionEntry) -> list[FunctionEntry]:
    """The methods that stand for `entry` in subclasses, but not in those of examples and tests."""
    found: dict[str, FunctionEntry] = {}
    for subclass in below(resolver, f"{entry.path}:{entry.facts.owner}"):
        resolver.seen.add(f"{subclass}.{entry.facts.name}")
        item = resolver.class_(subclass)
        method = resolver.method(subclass, entry.facts.name) if item is not None else None
        if method is not None and not method.facts.flags & facts.ABSTRACT:
            found[method.id] = method
    return list(found.values())


def below(resolver: Resolver, class_id: str) -> Iterator[str]:
    """The subclasses of a class, and theirs, but not those of examples and tests."""
    path = class_id.rpartition(":")[0]
    pending = [class_id]
    visited: set[str] = set()
    while pending and len(visited) < _MOST:
        above = pending.pop()
        resolver.seen.add(f"{above}<subclasses>")
        for subclass in resolver.subclasses.get(above, ()):
            if subclass in visited:
                continue
            visited.add(subclass)
            pending.append(subclass)
            if not is_aside(subclass.rpartition(":")[0], path):
                yield subclass
