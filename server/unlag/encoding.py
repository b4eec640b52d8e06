"""Values of our own as bytes and back, with all that they refer to by name: words, functions, classes, surveys.

Pickle, but for what makes it dangerous: nothing outside of Unlag is named, and what a file's table holds is
taken from there. Words are one object wherever they stand, as they are when freshly parsed.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import FunctionType
from typing import Any, TypeAlias

from unlag.project.surveys import Survey
from unlag.project.table import ClassEntry, FileTable, FunctionEntry

Word: TypeAlias = "str | tuple[str, str]"
"""A text; or a module and a name in it; or what a table holds under an id, and in which of its mappings."""
Tables: TypeAlias = Mapping[str, FileTable]
_HELD: dict[type, str] = {FunctionEntry: "functions", ClassEntry: "classes"}
_OURS = "unlag."
UNREADABLE = (
    pickle.UnpicklingError, ValueError, TypeError, EOFError, LookupError, AttributeError, ImportError,
)  # fmt: skip
"""What decoding raises for the words of a program that looked like this one."""


class Encoder(pickle.Pickler):
    """Turns values into bytes that mean something together with `words` only."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, 5)
        self._numbers: dict[object, int] = {}
        self._surveys = _surveys()
        self._beside: list[memoryview] = []
        self.words: list[Word] = []

    def encode(self, value: object) -> tuple[bytes, list[memoryview]]:
        """The bytes of one value, and what of it is bytes already, which is not copied.

        Raises `pickle.PicklingError` for what no name leads to.
        """
        self.clear_memo()
        self._buffer.seek(0)
        self._buffer.truncate()
        self._beside = []
        self.dump(value)
        return self._buffer.getvalue(), self._beside

    def persistent_id(self, item: Any) -> int | None:
        """The number of the word that stands for a part of a value; None for what is written out."""
        kind = type(item)
        if kind is str:
            return self._number(item, item)
        if kind is memoryview:
            self._beside.append(item)
            return -len(self._beside)
        if kind in _HELD:
            mapping = _HELD[kind]
            is_held = _held(self._tables, mapping, item.id) is item
            return self._number((mapping, item.id), (mapping, item.id)) if is_held else None
        if kind is Survey:
            return self._number(item, self._surveys[item])
        if isinstance(item, type | FunctionType):
            return self._number(item, _name(item))
        return None

    def _number(self, key: object, word: Word) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.words)
            self.words.append(word)
        return number


class Decoder:
    """Turns the bytes back."""

    def __init__(self, words: list[Word], tables: Tables) -> None:
        self._meanings: list[Any] = [_meaning(word, tables) for word in words]

    def decode(self, data: bytes | memoryview, beside: Sequence[memoryview]) -> Any:
        """The value; raises one of `UNREADABLE` for what is no such thing."""
        return _Unpickler(data, self._meanings, beside).load()


class _Unpickler(pickle.Unpickler):
    def __init__(
        self, data: bytes | memoryview, meanings: list[Any], beside: Sequence[memoryview]
    ) -> None:
        super().__init__(io.BytesIO(data))
        self._meanings = meanings
        self._beside = beside

    def persistent_load(self, number: int) -> Any:
        return self._meanings[number] if number >= 0 else self._beside[-number - 1]

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is nothing of ours.")


def _surveys() -> dict[Survey[Any, Any, Any], Word]:
    """The surveys of all rules and where they stand."""
    return {
        item: (name, attribute)
        for name, module in tuple(sys.modules.items())
        if name.startswith(_OURS)
        for attribute, item in vars(module).items()
        if isinstance(item, Survey)
    }


def _name(item: type | FunctionType) -> Word:
    word = (item.__module__, item.__qualname__)
    if not item.__module__.startswith(_OURS) or _named(*word) is not item:
        raise pickle.PicklingError(f"{item!r} has no name of ours.")
    return word


def _meaning(word: Word, tables: Tables) -> Any:
    if isinstance(word, str):
        return word
    where, name = word
    if where in _HELD.values():
        return _held(tables, where, name)
    if not where.startswith(_OURS):
        raise pickle.UnpicklingError(f"{where} is nothing of ours.")
    return _named(where, name)


def _named(module: str, name: str) -> Any:
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _held(tables: Tables, mapping: str, item_id: str) -> object:
    path, _, qualname = item_id.rpartition(":")
    table = tables.get(path)
    return getattr(table, mapping).get(qualname) if table is not None else None
