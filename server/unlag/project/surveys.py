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


class Surveys(Generic[Asked]):
    """The answers given so far and the parts they were made of."""

    def __init__(self) -> None:
        self._parts: dict[Survey[Asked, Any, Any], Mapping[str, Any]] = {}
        self._answers: dict[Survey[Asked, Any, Any], Any] = {}

    def answer(self, index: Asked, survey: Survey[Asked, Part, Answer]) -> Answer:
        """What `survey` says now."""
        if survey not in self._answers:
            parts = _parts(index, survey)
            self._parts[survey] = parts
            self._answers[survey] = survey.join(parts)
        answer: Answer = self._answers[survey]
        return answer

    def renew(self, index: Asked) -> bool:
        """Bring every answer given so far up to date; whether one changed."""
        has_changed = False
        for survey, known in list(self._parts.items()):
            parts = _parts(index, survey)
            if parts != known:
                self._parts[survey] = parts
                self._answers[survey] = survey.join(parts)
                has_changed = True
        return has_changed


def _parts(index: Asked, survey: Survey[Asked, Part, Any]) -> dict[str, Part]:
    found = {}
    for path, table in index.tables.items():
        part = survey.part(index, table)
        if part:
            found[path] = part
    return found
