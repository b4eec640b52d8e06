"""What files that came or went mean to import statements elsewhere: only those that mean something else are named.

Nothing is written down for it beforehand: which module an import means hangs on paths alone, so that it
can be asked of the modules before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from unlag.project import keys
from unlag.project.modules import Modules
from unlag.project.table import FileTable
from unlag.source.facts import Import


class Imported(msgspec.Struct, frozen=True):
    """What means something else."""

    keys: set[str]
    """Look-ups that may have another answer."""
    functions: frozenset[str]
    """Functions with such an import in their body."""


NOTHING = Imported(set(), frozenset())


def imported_otherwise(
    before: Modules, after: Modules, tables: Mapping[str, FileTable]
) -> Imported:
    """The imports in `tables`, and other look-ups of modules, that mean something else `after` than `before`."""
    moved = before.unlike(after)
    found = set(_named(moved, before, after))
    functions: set[str] = set()
    words = _endings(moved) if before.has_packages_of(after) else None

    def is_other(path: str, item: Import) -> bool:
        may_be = item.level or words is None or not words.isdisjoint(_words(item))
        return bool(may_be) and before.meaning(path, item) != after.meaning(path, item)

    for path, table in tables.items():
        for name, items in table.imports.items():
            if any(is_other(path, item) for item in items):
                found.add(f"{path}:{name}")
        if any(is_other(path, item) for item in table.stars):
            found.add(f"{path}:*")
        for entry in table.functions.values():
            for item in entry.facts.imports:
                if is_other(path, item):
                    found.add(keys.local(entry.id, item.name))
                    functions.add(entry.id)
    return Imported(found, frozenset(functions))


def _named(moved: Iterable[str], before: Modules, after: Modules) -> Iterator[str]:
    """The keys under which modules are looked up other than by an import of their own."""
    for stem in moved:
        yield keys.module(stem)
        parent, _, name = stem.rpartition("/")
        for modules in (before, after):
            package = modules.paths.get(parent)
            if package is not None:
                yield f"{package}:{name}"
        old, new = before.paths.get(stem), after.paths.get(stem)
        if old is not None and new is not None:
            yield f"{old}:*"  # what was not in the one file can be in the other


def _endings(stems: Iterable[str]) -> set[str]:
    """What import statements can call modules, from the last part alone to the whole path."""
    found: set[str] = set()
    for stem in stems:
        parts = stem.split("/")
        found.update(".".join(parts[start:]) for start in range(len(parts)))
    return found


def _words(item: Import) -> tuple[str, str, str]:
    """What an absolute import can name: a module, one inside it, and the package it lies in."""
    return item.module, f"{item.module}.{item.attribute}", item.module.partition(".")[0]
