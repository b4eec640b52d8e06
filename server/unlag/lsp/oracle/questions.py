"""What is worth asking jedi: calls on the event loop whose receiver is open and that could block by their name.

Belongs to the analysis thread, as the index does. Remembers what it looked at, so that only edited files are
looked at again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import msgspec

from unlag.knowledge import blocking_members
from unlag.lsp.oracle.asking import Question
from unlag.project.hints import Hint
from unlag.project.index import Index
from unlag.project.table import FileTable, FunctionEntry
from unlag.source import facts
from unlag.source.facts import Call, FunctionFacts

_EVERYDAY = frozenset(
    name for kind in (dict, list, set, str, bytes, tuple, int) for name in vars(kind)
)
"""Methods of Python's own containers and texts: what is unknown is nearly always one of those."""


class Place(msgspec.Struct, frozen=True):
    """A call that a question is about."""

    function: str
    facts: FunctionFacts
    target: str


class Asked(msgspec.Struct, frozen=True):
    """A question and the calls that its places stand for."""

    question: Question
    calls: tuple[Place, ...]


class Questions:
    """The open questions of one project."""

    def __init__(self) -> None:
        self._looked: dict[str, FileTable] = {}
        self._answered: dict[tuple[str, str], FunctionFacts] = {}

    def of(self, index: Index) -> tuple[Asked, ...]:
        """What to ask about files that were not looked at in their present state."""
        found, _ = index.noting(lambda: tuple(self._find(index)))
        return found

    def settle(self, asked: Asked, answers: Iterable[tuple[str, ...]]) -> Mapping[str, Hint]:
        """Keep answers; gives what they say about functions, unambiguous names only."""
        names: dict[str, dict[str, str]] = {}
        known: dict[str, FunctionFacts] = {}
        for place, answer in zip(asked.calls, answers, strict=False):
            self._answered[place.function, place.target] = place.facts
            if len(answer) == 1:
                names.setdefault(place.function, {})[place.target] = answer[0]
                known[place.function] = place.facts
        return {function: Hint(known[function], found) for function, found in names.items()}

    def reopen(self, asked: Asked) -> None:
        """The question was not answered to its end: ask again."""
        self._looked.pop(asked.question.path, None)

    def _find(self, index: Index) -> Iterator[Asked]:
        for path in index.tables:
            table = index.table_of(path)
            if self._looked.get(path) is not table and not index.is_test(path):
                self._looked[path] = table
                yield from self._in_file(index, path, table)

    def _in_file(self, index: Index, path: str, table: FileTable) -> Iterator[Asked]:
        calls: list[Place] = []
        places: list[tuple[int, int]] = []
        for entry in table.functions.values():
            for call in self._open_calls(index, entry):
                place = _place_of(index, entry, call)
                if place is not None:
                    places.append(place)
                    calls.append(Place(entry.id, entry.facts, call.target))
        text = index.text_of(path) if places else None
        if text is not None:
            yield Asked(Question(path, text, tuple(places)), tuple(calls))

    def _open_calls(self, index: Index, entry: FunctionEntry) -> Iterator[Call]:
        links = index.links.get(entry.id)
        if links is None or not index.graph.runs_on_loop(entry.id):
            return
        for call, callee in zip(entry.facts.calls, links.callees, strict=True):
            if _could_block(call.target) and not call.flags & facts.AWAITED:
                is_open = ":" not in callee and not index.knowledge.entries(callee)
                if is_open and self._answered.get((entry.id, call.target)) != entry.facts:
                    yield call


@lru_cache(maxsize=4096)
def _could_block(target: str) -> bool:
    receiver, _, name = target.rpartition(".")
    return bool(receiver) and name not in _EVERYDAY and name in blocking_members()


def _place_of(index: Index, entry: FunctionEntry, call: Call) -> tuple[int, int] | None:
    """Where the called name stands in the file: line from 1, column in characters."""
    syntax = index.syntax(entry)
    if syntax is None:
        return None
    wanted = (call.line, call.column, call.end_line, call.end_column)
    for node in ast.walk(syntax.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            site = syntax.site(node)
            if (site.line, site.column, site.end_line, site.end_column) == wanted:
                name = syntax.site(node.func)
                return name.end_line + entry.offset, name.end_column - len(node.func.attr)
    return None
