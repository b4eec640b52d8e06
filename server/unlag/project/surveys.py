"""Questions about the whole project: what each file says, and what all of them together say.

A rule's answer for one file can depend on any other file, such as where a model is used. A survey is
what makes that visible to edits: when a file's part changes, whoever asked is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from unlag.project import keys
from unlag.project.asked import AskedTables
from unlag.project.changes import StoredWatch, Watch
from unlag.project.edited_tables import Edits, altered
from unlag.project.table import FileTable
from unlag.source.facts import FunctionFacts


class _Noting(Protocol):
    @property
    def tables(self) -> AskedTables: ...

    def noting(self, find: Callable[[], Any]) -> tuple[Any, set[str]]: ...


Asked = TypeVar("Asked", bound=_Noting)
Part = TypeVar("Part")
Answer = TypeVar("Answer")


class Survey(msgspec.Struct, Generic[Asked, Part, Answer], frozen=True, eq=False):
    """One question, kept as a constant of the module that asks it."""

    part: Callable[[Asked, FileTable], Part]
    """What one file says: comparable by `==`, without line numbers, empty where it says nothing."""
    join: Callable[[Mapping[str, Part]], Answer]
    """From the parts that are not empty, by path, to the answer."""
    is_local: bool = False
    """Whether a part hangs on its own file alone: what it looks up is not written down."""
    of_function: Callable[[FunctionFacts], object] | None = None
    """All that a local part takes from one function: whoever edits nothing of it leaves the part as it is."""


def nothing(item: FunctionFacts) -> None:
    """What parts take from a function that are made of classes and names alone."""


class _Known(msgspec.Struct, Generic[Part, Answer]):
    key: str
    parts: dict[str, Part]
    answer: Answer


class Surveys(Generic[Asked]):
    """The answers given so far and the parts they were made of."""

    def __init__(self, *, tracks: bool) -> None:
        self._tracks = tracks
        self._known: dict[Survey[Asked, Any, Any], _Known[Any, Any]] = {}
        self._watch = Watch()

    def answer(self, index: Asked, survey: Survey[Asked, Part, Answer]) -> tuple[Answer, str]:
        """What `survey` says now, and the key of what it says."""
        known = self._known.get(survey)
        if known is None:
            key = keys.survey(str(len(self._known)))
            parts = {}
            for path in index.noting(lambda: list(index.tables))[0]:
                if part := self._ask(index, survey, key, path):
                    parts[path] = part
            known = self._known[survey] = _Known(key, parts, survey.join(parts))
        return known.answer, known.key

    def stored(self) -> tuple[dict[str, Any], dict[tuple[str, str], Any], StoredWatch]:
        """The surveys by key, what each file says, and what was looked up for it; for `restore`."""
        surveys = {known.key: survey for survey, known in self._known.items()}
        parts = {
            (known.key, path): part
            for known in self._known.values()
            for path, part in known.parts.items()
        }
        return surveys, parts, self._watch.stored()

    def restore(
        self,
        surveys: Mapping[str, Survey[Asked, Any, Any]],
        parts: Mapping[tuple[str, str], Any],
        watch: StoredWatch,
    ) -> None:
        """Know the answers to what was stored."""
        by_key: dict[str, dict[str, Any]] = {key: {} for key in surveys}
        for (key, path), part in parts.items():
            by_key[key][path] = part
        self._watch = Watch.restored(watch)
        self._known = {
            survey: _Known(key, by_key[key], survey.join(by_key[key]))
            for key, survey in surveys.items()
        }

    def renew(
        self,
        index: Asked,
        changed: set[str],
        lapse: Callable[[set[str]], set[str]],
        files: Iterable[str] = (),
        edits: Edits | None = None,
    ) -> set[str]:
        """Bring the answers given so far up to date; the keys of all that is something else now.

        `lapse` forgets what the index remembers that was made of some keys, and gives the keys of that.
        `files` came or went; `edits` has the states of those that were edited.
        """
        found: set[str] = set()
        while changed:
            moved = self._renewed(index, changed, files, edits or {})
            files = ()
            moved |= lapse(moved)
            found |= moved
            changed = moved - changed
        return found

    def is_watched(self, key: str) -> bool:
        """Whether what a file says hangs on `key`."""
        return self._watch.is_watched(key)

    def _renewed(
        self, index: Asked, changed: set[str], files: Iterable[str], edits: Edits
    ) -> set[str]:
        touched = {known.key: list(files) for known in self._known.values()}
        for watcher in self._watch.touched(changed):
            key, _, path = watcher.partition("@")
            touched.setdefault(key, []).append(path)
        edited = [key.removesuffix(keys.FILE) for key in changed if key.endswith(keys.FILE)]
        functions = {path: altered(*edits[path]) if path in edits else None for path in edited}
        moved: set[str] = set()
        for survey, known in self._known.items():
            asked = touched[known.key]
            if survey.is_local:
                asked += [path for path in edited if not _says_as_much(survey, functions[path])]
            paths = dict.fromkeys(asked)
            before = {path: known.parts.pop(path, None) for path in paths}
            for path in before:
                if path not in index.tables:
                    self._watch.write_down(f"{known.key}@{path}", ())
                elif part := self._ask(index, survey, known.key, path):
                    known.parts[path] = part
            if any(known.parts.get(path) != part for path, part in before.items()):
                known.parts = dict(sorted(known.parts.items()))
                known.answer = survey.join(known.parts)
                moved.add(known.key)
        return moved

    def _ask(self, index: Asked, survey: Survey[Asked, Part, Any], key: str, path: str) -> Part:
        def ask() -> Part:
            return survey.part(index, index.tables[path].whole)

        part: Part
        part, seen = index.noting(ask)
        if self._tracks and not survey.is_local:
            self._watch.write_down(f"{key}@{path}", seen)
        return part


def _says_as_much(
    survey: Survey[Any, Any, Any], edited: Sequence[tuple[FunctionFacts, FunctionFacts]] | None
) -> bool:
    """Whether all that the survey takes from some functions, before and after an edit, is the same."""
    of_function = survey.of_function
    if edited is None or of_function is None:
        return False
    return all(of_function(before) == of_function(after) for before, after in edited)
