"""Two states of files and functions compared: what moved, what reads otherwise, what leads elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from unlag.project import keys
from unlag.project.links import Links
from unlag.project.table import ClassEntry, FileTable, FunctionEntry
from unlag.source.facts import FunctionFacts
from unlag.source.scopes import MODULE

Edits: TypeAlias = Mapping[str, tuple[FileTable, FileTable]]
"""Edited file -> its state before and after."""


def flipped(before: FileTable, after: FileTable) -> set[str]:
    """The functions that came, went, or changed between `def` and `async def`."""
    old, new = before.functions, after.functions
    found = {f"{after.path}:{name}" for name in old.keys() ^ new.keys()}
    if old is not new:
        found.update(
            entry.id
            for name, entry in new.items()
            if name in old and old[name].facts.is_async != entry.facts.is_async
        )
    return found


def edited(before: FileTable, after: FileTable) -> list[FunctionEntry]:
    """The functions of `after` whose facts are new."""
    old = before.functions
    return [
        entry
        for name, entry in after.functions.items()
        if (known := old.get(name)) is None or _differ(known, entry)
    ]


def altered(
    before: FileTable, after: FileTable
) -> list[tuple[FunctionFacts, FunctionFacts]] | None:
    """The functions that are others now, before and after; None where not only functions are."""
    old, new = before.functions, after.functions
    if list(old) != list(new) or any(
        getattr(before, names) != getattr(after, names) for names in _BESIDES_FUNCTIONS
    ):
        return None
    pairs = zip(old.values(), new.values(), strict=True)
    return [(known.facts, item.facts) for known, item in pairs if _differ(known, item)]


_BESIDES_FUNCTIONS = (
    "classes", "bindings", "global_bindings", "imports", "stars", "local_classes"
)  # fmt: skip


def _differ(old: FunctionEntry, new: FunctionEntry) -> bool:
    return old.facts is not new.facts and old.facts != new.facts


def changed_entries(before: FileTable, after: FileTable) -> Iterator[str]:
    """The keys of functions and classes that are others now, stand elsewhere, or were written anew."""
    for name in before.functions.keys() | after.functions.keys():
        yield from _changed(before.functions.get(name), after.functions.get(name))
    for name in before.classes.keys() | after.classes.keys():
        yield from _changed(before.classes.get(name), after.classes.get(name))
    for name in before.local_classes.keys() | after.local_classes.keys():
        if before.local_classes.get(name) != after.local_classes.get(name):
            yield f"{after.path}:{name}{keys.CLASSES}"
    yield f"{after.path}{keys.FILE}"


def _changed(
    old: FunctionEntry | ClassEntry | None, new: FunctionEntry | ClassEntry | None
) -> Iterator[str]:
    entry = new or old
    if entry is None:
        return
    if old is None or new is None:
        yield from (f"{entry.id}{kind}" for kind in (keys.FACTS, keys.PLACE, keys.TEXT))
        return
    if old.offset != new.offset or old.facts.line != new.facts.line:
        yield f"{entry.id}{keys.PLACE}"
    if old.facts is not new.facts:
        yield f"{entry.id}{keys.TEXT}"
        if old.facts != new.facts:
            yield f"{entry.id}{keys.FACTS}"
            if entry.id.endswith(f":{MODULE}"):  # its lines are those of the file
                yield f"{entry.id}{keys.PLACE}"
            return
    if (
        isinstance(old, ClassEntry)
        and isinstance(new, ClassEntry)
        and _members(old) != _members(new)
    ):
        yield f"{entry.id}{keys.FACTS}"


def _members(entry: ClassEntry) -> tuple[object, ...]:
    return entry.methods, entry.attributes, entry.self_attributes


def says_alike(fresh: Links, known: Links | None) -> bool:
    """Whether two states of a function's links say the same, places included."""
    return known is not None and (
        (fresh.edges, fresh.hazards, fresh.callees, fresh.registrations)
        == (known.edges, known.hazards, known.callees, known.registrations)
    )


def leads_alike(fresh: Links, known: Links | None) -> bool:
    """Whether two states of a function lead to the same places, wherever in its lines."""
    return (
        known is not None
        and len(fresh.edges) == len(known.edges)
        and len(fresh.hazards) == len(known.hazards)
        and all(
            (new.target, new.how, new.flags, new.through)
            == (old.target, old.how, old.flags, old.through)
            for new, old in zip(fresh.edges, known.edges, strict=True)
        )
        and all(
            (new.name, new.kind, new.cost, new.flags) == (old.name, old.kind, old.cost, old.flags)
            for new, old in zip(fresh.hazards, known.hazards, strict=True)
        )
    )


def flipped_in(before: Mapping[str, FileTable], after: Mapping[str, FileTable]) -> set[str]:
    """As `flipped`, over several files."""
    return {function for path in after for function in flipped(before[path], after[path])}
