"""The classes of the project that a class inherits from."""

from __future__ import annotations

from unlag.project.index import Index
from unlag.project.table import ClassEntry
from unlag.project.values import Class

_MOST = 30


def with_bases(index: Index, entry: ClassEntry) -> list[ClassEntry]:
    """A class and everything of the project it inherits from, in the order of look-up."""
    found: dict[str, ClassEntry] = {}
    pending = [entry]
    while pending and len(found) < _MOST:
        current = pending.pop(0)
        if current.id in found:
            continue
        found[current.id] = current
        for base in index.resolver.bases(current):
            inherited = index.resolver.class_(base.id) if isinstance(base, Class) else None
            if inherited is not None:
                pending.append(inherited)
    return list(found.values())
