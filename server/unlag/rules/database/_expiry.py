"""Whether commits of asynchronous sessions expire what they loaded: told by how the project makes its sessions."""

from __future__ import annotations

from collections.abc import Mapping

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.source.facts import Call, FunctionFacts

_MAKERS = ("async_sessionmaker", "AsyncSession")
_SESSIONS = frozenset({*_MAKERS, "sessionmaker"})
_Said = frozenset[str]


def expires_on_commit(index: Index) -> bool:
    """Whether the project makes asynchronous sessions, and nowhere says that they keep what they loaded."""
    made: _Said = index.survey(_MADE)
    return made == {"made"} and not index.survey(_KEPT)


# -- how sessions are made


def _made_by(item: FunctionFacts) -> list[str]:
    return [
        "unknown" if any(argument.startswith("*") for argument in call.arguments) else "made"
        for call in item.calls
        if _makes(call)
    ]


def _made_in(index: Index, table: FileTable) -> _Said:
    if not any(name.partition("[")[0] in _SESSIONS for name in table.called):
        return frozenset()
    return frozenset(made for entry in table.functions.values() for made in _made_by(entry.facts))


def _makes(call: Call) -> bool:
    name = call.target.partition("[")[0].rpartition(".")[2]
    if name in _MAKERS:
        return bool(call.arguments)  # `AsyncSession` without an engine is a type or a stand-in
    return name == "sessionmaker" and any("AsyncSession" in value for value in call.arguments)


def _all_made(parts: Mapping[str, _Said]) -> _Said:
    return frozenset().union(*parts.values())


_MADE: Survey[Index, _Said, _Said] = Survey(
    _made_in, _all_made, is_local=True, of_function=_made_by
)


# -- whether they keep what they loaded


def _keeps(item: FunctionFacts) -> bool:
    return any(
        argument.startswith("expire_on_commit=") and not argument.endswith("=True")
        for call in item.calls
        for argument in call.arguments
    )


def _any_keeps(index: Index, table: FileTable) -> bool:
    return any(_keeps(entry.facts) for entry in table.functions.values())


def _anywhere(parts: Mapping[str, bool]) -> bool:
    return bool(parts)


_KEPT: Survey[Index, bool, bool] = Survey(_any_keeps, _anywhere, is_local=True, of_function=_keeps)
