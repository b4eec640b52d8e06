"""Two states of files and functions compared: what moved, what reads otherwise, what leads elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unlag.project import keys
from unlag.project.edited_tables import differ, unlike
from unlag.project.links import Links
from unlag.project.table import ClassEntry, FileTable, FunctionEntry
from unlag.source.scopes import MODULE


def flipped(before: FileTable, after: FileTable) -> set[str]:
    """The functions that came, went, or changed between `def` and `async def`."""
    old, new = before.functions, after.functions
    found: set[str] = set()
    for name in unlike(old, new):
        known, entry = old.get(name), new.get(name)
        if known is None or entry is None:
            found.add(f"{after.path}:{name}")
        elif known.facts.is_async != entry.facts.is_async:
            found.add(entry.id)
    return found


def edited(before: FileTable, after: FileTable) -> list[FunctionEntry]:
    """The functions of `after` whose facts are new."""
    old, new = before.functions, after.functions
    return [
        entry
        for name in unlike(old, new)
        if (entry := new.get(name)) is not None
        and ((known := old.get(name)) is None or differ(known, entry))
    ]


def changed_entries(before: FileTable, after: FileTable) -> Iterator[str]:
    """The keys of functions and classes that are others now, stand elsewhere, or were written anew."""
    for name in unlike(before.functions, after.functions):
        yield from _changed(before.functions.get(name), after.functions.get(name))
    for name in unlike(before.classes, after.classes):
        yield from _changed(before.classes.get(name), after.classes.get(name))
    for name in unlike(before.local_classes, after.local_classes):
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
