"""Whether commits of asynchronous sessions expire what they loaded: told by how the project makes its sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unlag.project.counted import Counted
from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.source.facts import Call, FunctionFacts

_MAKERS = ("async_sessionmaker", "AsyncSession")
_Said = frozenset[str]


def expires_on_commit(index: Index) -> bool:
    """Whether the project makes asynchronous sessions, and nowhere says that they keep what they loaded."""
    said: _Said = index.survey(_SAID)
    return said == {"made"}


def _said_by(item: FunctionFacts) -> Iterator[str]:
    for call in item.calls:
        if any(_keeps(argument) for argument in call.arguments):
            yield "kept"
        elif _makes(call):
            yield "unknown" if any(a.startswith("*") for a in call.arguments) else "made"


_COUNTED = Counted(_said_by)


def _said_in(index: Index, table: FileTable) -> _Said:
    return frozenset(_COUNTED(index, table))


def _keeps(argument: str) -> bool:
    return argument.startswith("expire_on_commit=") and not argument.endswith("=True")


def _makes(call: Call) -> bool:
    name = call.target.partition("[")[0].rpartition(".")[2]
    if name in _MAKERS:
        return bool(call.arguments)  # `AsyncSession` without an engine is a type or a stand-in
    return name == "sessionmaker" and any("AsyncSession" in value for value in call.arguments)


def _all_said(parts: Mapping[str, _Said]) -> _Said:
    return frozenset().union(*parts.values())


_SAID: Survey[Index, _Said, _Said] = Survey(
    _said_in, _all_said, is_local=True, of_function=lambda item: tuple(_said_by(item))
)
