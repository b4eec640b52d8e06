"""Which methods stand for one in the subclasses of its class."""

from __future__ import annotations

from unlag.project.options import is_aside
from unlag.project.resolver import Resolver
from unlag.project.table import FunctionEntry
from unlag.source import facts

_MOST = 60


def overrides(resolver: Resolver, entry: FunctionEntry) -> list[FunctionEntry]:
    """The methods that stand for `entry` in subclasses, but not in those of examples and tests."""
    found: dict[str, FunctionEntry] = {}
    pending = [f"{entry.path}:{entry.facts.owner}"]
    visited: set[str] = set()
    while pending and len(visited) < _MOST:
        class_id = pending.pop()
        resolver.seen.add(f"{class_id}<subclasses>")
        for subclass in resolver.subclasses.get(class_id, ()):
            if subclass in visited:
                continue
            visited.add(subclass)
            pending.append(subclass)
            if is_aside(subclass.rpartition(":")[0], entry.path):
                continue
            resolver.seen.add(f"{subclass}.{entry.facts.name}")
            item = resolver.class_(subclass)
            method = resolver.method(subclass, entry.facts.name) if item is not None else None
            if method is not None and not method.facts.flags & facts.ABSTRACT:
                found[method.id] = method
    return list(found.values())
