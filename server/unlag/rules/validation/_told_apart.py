"""Where code asks if something is an object of one of FastAPI's deprecated response classes, and of which modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.validation._response_classes import DEPRECATED
from unlag.source.facts import FunctionFacts, Import

_SHORT = frozenset(name.rpartition(".")[2] for name in DEPRECATED)


def is_told_apart(index: Index, path: str) -> bool:
    """Whether what a file makes can come to code that asks with `isinstance` for FastAPI's own class.

    That is taken for possible where the code's file imports the other one, by whatever way.
    """
    asking: tuple[str, ...] = index.survey(_ASKING)
    return any(path in index.recall(_imported_by, other) for other in asking)


def _imported_by(index: Index, path: str) -> frozenset[str]:
    """A file, and all files of the project that it imports, or that those do."""
    found = {path}
    pending = [path]
    while pending:
        current = pending.pop()
        for item in _imports(index.table_of(current)):
            inner = f"{item.module}.{item.attribute}".strip(".")
            for module in (item.module, inner):
                place = Import(item.name, item.level, module, "")
                file = index.resolver.imported_file(current, place)
                if file is not None and file not in found:
                    found.add(file)
                    pending.append(file)
    return frozenset(found)


def _imports(table: FileTable) -> Iterator[Import]:
    for items in table.imports.values():
        yield from items
    for entry in table.functions.values():
        yield from entry.facts.imports


def _asks(item: FunctionFacts) -> bool:
    return any(
        call.target == "isinstance"
        and any(name in argument for argument in call.arguments for name in _SHORT)
        for call in item.calls
    )


def _in_file(index: Index, table: FileTable) -> bool:
    return any(_asks(entry.facts) for entry in table.functions.values())


def _paths(parts: Mapping[str, bool]) -> tuple[str, ...]:
    return tuple(sorted(parts))


_ASKING = Survey(_in_file, _paths, is_local=True, of_function=_asks)
