"""What of a file's statements, models and reads other files' findings can depend on.

Whoever follows values over functions asks for it once: an edit that changes any of it has all files
looked at again, and an edit that does not has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import ClassEntry, FileTable
from unlag.rules.database._statements import LOADERS, MANY, ONE, VOCABULARY
from unlag.rules.view import ClassView, FunctionView

Part: TypeAlias = tuple[Any, ...]

_WORDS = VOCABULARY | LOADERS | MANY | ONE
_RELATIONSHIPS = frozenset({"relationship", "Relationship", "backref"})


def depends_on_statements(view: FunctionView | ClassView) -> None:
    """Have this finding looked at again when a statement or a model anywhere changes."""
    view.survey(STATEMENTS)


def _part(index: Index, table: FileTable) -> Part:
    parts: dict[str, tuple[FileTable, frozenset[str], Part]] = index.lasting.setdefault(_part, {})
    names = _relationship_names(index)
    known = parts.get(table.path)
    if known is not None and known[0] is table and known[1] == names:
        return known[2]
    found = (*_functions(table, names), *_classes(index, table, names))
    parts[table.path] = (table, names, found)
    return found


def _functions(table: FileTable, names: frozenset[str]) -> Part:
    found = []
    for entry in table.functions.values():
        item = entry.facts
        calls = tuple(
            (call.target, call.arguments)
            for call in item.calls
            if call.target.rpartition(".")[2] in _WORDS
        )
        reads = tuple(read.path for read in item.reads if read.path.rpartition(".")[2] in names)
        if calls or reads:
            bound = tuple((binding.name, binding.path) for binding in item.bindings)
            found.append((entry.id, calls, reads, bound, item.results))
    return tuple(found)


def _classes(index: Index, table: FileTable, names: frozenset[str]) -> Part:
    found = []
    text: str | None = None
    for entry in table.classes.values():
        if names.isdisjoint(entry.attributes) and "__tablename__" not in entry.attributes:
            continue
        if text is None:
            text = index.text_of(table.path) or ""
        lines = tuple(line for line in text.split("\n") if "__tablename__" in line)
        found.append((entry.id, lines, _members(entry)))
    return tuple(found)


def _members(entry: ClassEntry) -> Part:
    return tuple(
        (name, tuple(paths), tuple((c.target, c.arguments) for c in _calls(entry, name)))
        for name, paths in entry.attributes.items()
    )


def _calls(entry: ClassEntry, name: str) -> Part:
    return entry.members[name][1].calls if name in entry.members else ()


def _relationship_names(index: Index) -> frozenset[str]:
    """Every name that a relationship has anywhere in the project."""
    known: frozenset[str] | None = index.remembered.get(_relationship_names)
    if known is None:
        found: set[str] = set()
        for table in index.tables.values():
            for entry in table.classes.values():
                for name, (_, item) in entry.members.items():
                    for call in item.calls:
                        if call.target.rpartition(".")[2] in _RELATIONSHIPS:
                            found.add(name)
        known = index.remembered[_relationship_names] = frozenset(found)
    return known


def _join(parts: Mapping[str, Part]) -> int:
    return len(parts)


STATEMENTS: Survey[Index, Part, int] = Survey(_part, _join)
