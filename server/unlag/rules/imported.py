"""From which modules a file imports what the project defines."""

from __future__ import annotations

from collections.abc import Iterable

from unlag.rules.view import FunctionView
from unlag.source.facts import Import


def module_of(function: FunctionView, class_id: str) -> str:
    """The module of a class, where the file imports something from it; empty otherwise.

    Another module could be one that imports this file.
    """
    table = function.index.tables[function.entry.path]
    return _module_in(
        (item for items in table.imports.values() for item in items), function, class_id
    )


def module_of_late(function: FunctionView, class_id: str) -> str:
    """The module of a class, where the function itself imports something from it; empty otherwise."""
    return _module_in(function.facts.imports, function, class_id)


def _module_in(items: Iterable[Import], function: FunctionView, class_id: str) -> str:
    path, wanted = function.entry.path, class_id.rpartition(":")[0]
    absolute = (item for item in items if not item.level and item.attribute)
    found = (
        item for item in absolute if function.index.resolver.imported_file(path, item) == wanted
    )
    return next((item.module for item in found), "")
