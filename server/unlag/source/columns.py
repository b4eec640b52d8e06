"""Columns in characters: `ast` counts UTF-8 bytes, everybody else counts characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from unlag.source.facts import AwaitRun, Block, Call, FunctionFacts, Read, UnitFacts

_Placed = TypeVar("_Placed", Call, Read, Block, AwaitRun)


def in_characters(unit: UnitFacts, offset: int, last: int, lines: Sequence[str]) -> UnitFacts:
    """`unit` with its columns in characters; `offset` added to its lines indexes `lines` from 1.

    `last` is the last of these lines that the unit stands on.
    """
    if all(map(str.isascii, lines[offset:last])):
        return unit
    narrow = _Narrow(offset, lines)
    return msgspec.structs.replace(
        unit,
        body=narrow.function(unit.body),
        functions=tuple(narrow.function(function) for function in unit.functions),
        classes=tuple(
            msgspec.structs.replace(
                item,
                column=narrow.column(item.line, item.column),
                decorators=narrow.spans(item.decorators),
            )
            for item in unit.classes
        ),
    )


class _Narrow:
    def __init__(self, offset: int, lines: Sequence[str]) -> None:
        self._offset = offset
        self._lines = lines

    def column(self, line: int, column: int) -> int:
        index = line + self._offset - 1
        if not 0 <= index < len(self._lines) or self._lines[index].isascii():
            return column
        return len(self._lines[index].encode()[:column].decode(errors="ignore"))

    def spans(self, items: tuple[_Placed, ...]) -> tuple[_Placed, ...]:
        return tuple(
            msgspec.structs.replace(
                item,
                column=self.column(item.line, item.column),
                end_column=self.column(item.end_line, item.end_column),
            )
            for item in items
        )

    def function(self, function: FunctionFacts) -> FunctionFacts:
        return msgspec.structs.replace(
            function,
            column=self.column(function.line, function.column),
            decorators=self.spans(function.decorators),
            calls=self.spans(function.calls),
            reads=self.spans(function.reads),
            blocks=self.spans(function.blocks),
            runs=tuple(
                msgspec.structs.replace(
                    run,
                    calls=tuple((line, self.column(line, column)) for line, column in run.calls),
                )
                for run in self.spans(function.runs)
            ),
        )
