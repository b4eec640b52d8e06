"""Which methods stand for one in the subclasses of its class."""

from __future__ import annotations

from unlag.project.options import is_aside
from unlag.project.resolver import Resolver
from unlag.project.table import FunctionEntry
from unlag.source import facts

_MOST = 60


def overrides(resolver: Resolver, entry: FunctionEntry) -> list[FunctionEntry]:
    """The methods that stand for `entry` in subclasses, but not in those of examples and tests."""
    found: list[FunctionEntry] = []
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
            if item is not None and entry.facts.name in item.methods:
                method = resolver.tables[item.path].functions[item.methods[entry.facts.name]]
                if not method.facts.flags & facts.ABSTRACT:
                    found.append(method)
    return found
