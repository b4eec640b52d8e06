"""Columns that names of annotations declare: `key = Annotated[int, mapped_column(primary_key=True)]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unlag.project.asked import AskedTable
from unlag.project.index import Index
from unlag.project.surveys import Survey, nothing
from unlag.project.table import FileTable
from unlag.rules.database._columns import COLUMNS, NAME
from unlag.rules.database._tables import files_by_name, is_within, last_name
from unlag.source.facts import Call
from unlag.source.scopes import MODULE

_MAKERS = tuple(f"{name}(" for name in sorted(COLUMNS))


def declaring(index: Index, path: str, annotation: str) -> tuple[tuple[Call, str], ...]:
    """The calls that declare columns in the names of an annotation, with their last names.

    Where several files have the name and none is `path`, those of all: an index that one of them has may be there.
    """
    known: Mapping[str, tuple[str, ...]] = index.survey(ALIASES)
    names = {name.rpartition("/")[2].rpartition(".")[2] for name in NAME.findall(annotation)}
    found: list[tuple[Call, str]] = []
    for name in sorted(names & known.keys()) if known else ():
        files = known[name]
        for file in (path,) if path in files else files:
            found.extend(_calls(index.tables.get(file), name))
    return tuple(found)


def _calls(table: AskedTable | None, name: str) -> Iterator[tuple[Call, str]]:
    """The column that the binding of a name makes, and the types and keys inside of it."""
    module = table.functions[MODULE].facts if table is not None else None
    if module is None:
        return
    lines = (item.line for item in module.bindings if item.name == name)
    line = next(lines, 0)
    makers = (c for c in module.calls if c.line >= line and last_name(c) in COLUMNS)
    made = next(makers, None)
    for call in module.calls if made is not None else ():
        if made is not None and is_within(call, made):
            yield call, last_name(call)


def _aliases_in(index: Index, table: FileTable) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, table.path)
        for name, paths in table.bindings.items()
        if any(_is_alias(path) for path in paths)
    )


def _is_alias(path: str) -> bool:
    head = path.partition("[")[0]
    return head.endswith("Annotated") and any(maker in path for maker in _MAKERS)


ALIASES: Survey[Index, tuple[tuple[str, str], ...], dict[str, tuple[str, ...]]] = Survey(
    _aliases_in, files_by_name, is_local=True, of_function=nothing
)
