"""Questions about the whole project: what each file says, and what all of them together say.

A rule's answer for one file can depend on any other file, such as where a model is used. A survey is
what makes that visible to edits: when a file's part changes, the findings of all files are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from unlag.project.table import FileTable


class _Tabled(Protocol):
    @property
    def tables(self) -> Mapping[str, FileTable]: ...


Asked = TypeVar("Asked", bound=_Tabled)
Part = TypeVar("Part")
Answer = TypeVar("Answer")


class Survey(msgspec.Struct, Generic[Asked, Part, Answer], frozen=True, eq=False):
    """One question, kept as a constant of the module that asks it."""

    part: Callable[[Asked, FileTable], Part]
    """What one file says: comparable by `==`, without line numbers, empty where it says nothing."""
    join: Callable[[Mapping[str, Part]], Answer]
    """From the parts that are not empty, by path, to the answer."""
    is_local: bool = False
    """Whether a part hangs on its own file alone: only edited files are then asked again."""


class Surveys(Generic[Asked]):
    """The answers given so far and the parts they were made of."""

    def __init__(self) -> None:
        self._parts: dict[Survey[Asked, Any, Any], Mapping[str, Any]] = {}
        self._answers: dict[Survey[Asked, Any, Any], Any] = {}
        self._tables: dict[Survey[Asked, Any, Any], Mapping[str, FileTable]] = {}
        """For local surveys, the tables that the parts were made of."""

    def answer(self, index: Asked, survey: Survey[Asked, Part, Answer]) -> Answer:
        """What `survey` says now."""
        if survey not in self._answers:
            parts = self._asked(index, survey)
            self._parts[survey] = parts
            self._answers[survey] = survey.join(parts)
        answer: Answer = self._answers[survey]
        return answer

    def renew(self, index: Asked) -> bool:
        """Bring every answer given so far up to date; whether one changed."""
        has_changed = False
        for survey, known in list(self._parts.items()):
            parts = self._asked(index, survey)
            if parts != known:
                self._parts[survey] = parts
                self._answers[survey] = survey.join(parts)
                has_changed = True
        return has_changed

    def _asked(self, index: Asked, survey: Survey[Asked, Any, Any]) -> dict[str, Any]:
        """The part of every file that has one; of files that stayed, local surveys keep it."""
        known = self._parts.get(survey, {})
        tables = self._tables.get(survey, {})
        found = {}
        for path, table in index.tables.items():
            is_kept = tables.get(path) is table
            part = known.get(path) if is_kept else survey.part(index, table)
            if part:
                found[path] = part
        if survey.is_local:
            self._tables[survey] = dict(index.tables)
        return found
