"""Which of the libraries that fixes write the project uses already, in code other than tests."""

from __future__ import annotations

from collections.abc import Mapping

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.view import FunctionView
from unlag.source.facts import FunctionFacts

_ASKED = frozenset({"aiofiles", "httpx", "httpx2"})
"""Those that come neither with Python nor, as anyio does, with Starlette."""


def has(function: FunctionView, library: str) -> bool:
    """Whether a fix can import the library without one more thing to install, as far as is known."""
    return library not in _ASKED or library in function.survey(_IMPORTED)


def _imported(index: Index, table: FileTable) -> frozenset[str]:
    if index.is_test(table.path):
        return frozenset()
    return _ASKED.intersection(name.partition(".")[0] for name in table.mentions())


def _in_function(item: FunctionFacts) -> frozenset[str]:
    return _ASKED.intersection(found.module.partition(".")[0] for found in item.imports)


def _anywhere(parts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*parts.values())


_IMPORTED = Survey(_imported, _anywhere, is_local=True, of_function=_in_function)
