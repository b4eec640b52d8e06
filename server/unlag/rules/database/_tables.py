"""Tables that are written down as `Table("users", metadata, Column(...))`, and classes mapped to them by a call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.surveys import Survey, nothing
from unlag.project.table import FileTable, FunctionEntry
from unlag.project.values import Class, External, each
from unlag.source.facts import Call, FunctionFacts
from unlag.source.paths import is_dotted
from unlag.source.scopes import MODULE

RELATIONSHIPS = frozenset({"relationship", "Relationship", "relation"})
LAZY = frozenset({"select", "True", "true"})
"""Values of `lazy=` that load when the attribute is first read."""
_MAPPING = frozenset({"map_imperatively", "mapper"})
_CONSTRAINTS = frozenset({"Index", "UniqueConstraint", "PrimaryKeyConstraint"})
_PROPERTY = re.compile(r"'(\w+):([^|)(]*)")


class Written(msgspec.Struct, frozen=True):
    """One `Table(...)` and the calls inside of it."""

    path: str
    offset: int
    name: str
    columns: tuple[tuple[Call, tuple[Call, ...]], ...]
    """Each `Column(...)` with the calls inside of it."""
    constraints: tuple[Call, ...]


class ByHand(msgspec.Struct, frozen=True):
    """A class that a call maps to a table."""

    function: FunctionEntry
    table: Written | None
    relationships: tuple[tuple[str, Call], ...]

    @property
    def place(self) -> Place:
        """Where the names in the call are looked up."""
        path, _, qualname = self.function.id.rpartition(":")
        return Place(path, qualname)


def mapped_by_hand(index: Index, class_id: str) -> ByHand | None:
    """How a call of `map_imperatively` or `mapper` maps a class; None where there is none."""
    if not index.survey(MAPPERS):
        return None
    return index.remember((_all_by_hand,), lambda: _all_by_hand(index)).get(class_id)


def relationship_names(call: Call) -> list[str]:
    """What `properties={"orders": relationship(...)}` calls relationships, in order."""
    given = call.keyword("properties") or ""
    pairs = _PROPERTY.findall(given)
    return [name for name, path in pairs if path.rpartition(".")[2] in RELATIONSHIPS]


def maps(call: Call) -> bool:
    """Whether a call looks like one that maps a class to a table."""
    return call.target.rpartition(".")[2] in _MAPPING and bool(call.positional())


def can_map(table: FileTable) -> bool:
    """Whether a file calls anything that is called like what maps a class to a table."""
    return not _MAPPING.isdisjoint(table.called)


def written_table(path: str, offset: int, calls: Iterable[Call]) -> Written | None:
    """The first `Table(...)` among calls of one statement, or of what is known to hold one."""
    calls = tuple(calls)
    table = next((call for call in calls if last_name(call) == "Table"), None)
    if table is None:
        return None
    inside = [call for call in calls if call is not table and is_within(call, table)]
    columns = [call for call in inside if last_name(call) == "Column"]
    found = tuple((item, tuple(c for c in inside if is_within(c, item))) for item in columns)
    constraints = tuple(call for call in inside if last_name(call) in _CONSTRAINTS)
    name = (table.argument(0, "name") or "").removeprefix("'")
    return Written(path, offset, name, found, constraints)


def table_named(index: Index, path: str, name: str) -> Written | None:
    """The table that a name of a file stands for, or the only one that has the name anywhere."""
    files: tuple[str, ...] = index.survey(TABLES).get(name, ())
    wanted = path if path in files else files[0] if len(files) == 1 else ""
    table = index.tables.get(wanted) if wanted else None
    if table is None:
        return None
    module = table.functions[MODULE].facts
    line = next((item.line for item in module.bindings if item.name == name), 0)
    start = next((c for c in module.calls if c.line == line and last_name(c) == "Table"), None)
    inside = [call for call in module.calls if start is not None and is_within(call, start)]
    return written_table(wanted, 0, inside)


def _all_by_hand(index: Index) -> dict[str, ByHand]:
    found: dict[str, ByHand] = {}
    functions: tuple[str, ...] = index.survey(MAPPERS)
    for function_id in functions:
        path, _, qualname = function_id.rpartition(":")
        entry = index.function(function_id)
        for call in entry.facts.calls if entry is not None else ():
            if entry is None or not maps(call) or not _is_sqlalchemy(index, path, qualname, call):
                continue
            value = index.resolver.resolve(Place(path, qualname), call.positional()[0])
            for item in each(value):
                if isinstance(item, Class):
                    found[item.id] = _by_hand(index, entry, call)
    return found


def _by_hand(index: Index, entry: FunctionEntry, call: Call) -> ByHand:
    inside = [item for item in entry.facts.calls if item is not call and is_within(item, call)]
    given = call.argument(1, "local_table") or ""
    if is_dotted(given):
        table = table_named(index, entry.path, given.rpartition(".")[2])
    else:
        table = written_table(entry.path, entry.offset, inside)
    made = [item for item in inside if last_name(item) in RELATIONSHIPS]
    names = relationship_names(call)
    return ByHand(entry, table, tuple(zip(names, made, strict=False)))


def _is_sqlalchemy(index: Index, path: str, qualname: str, call: Call) -> bool:
    if call.target.endswith(".map_imperatively"):
        return True
    value = index.resolver.resolve(Place(path, qualname), call.target)
    return isinstance(value, External) and value.name.startswith("sqlalchemy.")


def last_name(call: Call) -> str:
    """What a call calls, without the way there."""
    return call.target.rpartition(".")[2]


def is_within(call: Call, other: Call) -> bool:
    """Whether a call is written within another, or is it."""
    start, end = (other.line, other.column), (other.end_line, other.end_column)
    return start <= (call.line, call.column) and (call.end_line, call.end_column) <= end


# -- all files


def _mappers_in(index: Index, table: FileTable) -> tuple[str, ...]:
    if not can_map(table):
        return ()
    return tuple(entry.id for entry in table.functions.values() if _maps_any(entry.facts))


def _maps_any(item: FunctionFacts) -> bool:
    return any(maps(call) for call in item.calls)


def _all_mappers(parts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(function for path in sorted(parts) for function in parts[path])


MAPPERS: Survey[Index, tuple[str, ...], tuple[str, ...]] = Survey(
    _mappers_in, _all_mappers, is_local=True, of_function=_maps_any
)


def _tables_in(index: Index, table: FileTable) -> tuple[tuple[str, str], ...]:
    bound = table.bindings.items()
    return tuple(
        (name, table.path)
        for name, paths in bound
        if any(path.endswith(("Table()", "Table(?)")) for path in paths)
    )


def files_by_name(parts: Mapping[str, tuple[tuple[str, str], ...]]) -> dict[str, tuple[str, ...]]:
    """Names with the files that have them, from the pairs of both that each file gives."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(parts):
        for name, where in parts[path]:
            found[name] = (*found.get(name, ()), where)
    return found


TABLES: Survey[Index, tuple[tuple[str, str], ...], dict[str, tuple[str, ...]]] = Survey(
    _tables_in, files_by_name, is_local=True, of_function=nothing
)
