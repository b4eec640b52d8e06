"""What a chunk that no longer parses still says: its last good facts, moved with its lines.

On the lines that changed since, only what their new text still names is kept. Never reads the
syntax of the broken text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from unlag.source.chunks import EXACT, Chunk, Memory, moved
from unlag.source.differences import changed
from unlag.source.facts import (
    AwaitRun,
    Binding,
    Block,
    Call,
    ClassFacts,
    FunctionFacts,
    Narrowing,
    PlacedUnit,
    Read,
    UnitFacts,
)

_MOST_LINES = 6
_WORD = re.compile(r"\w+")
_DEFINING = frozenset({"def", "class"})
_Spanned = TypeVar("_Spanned", Call, Read, Block, AwaitRun)


class Damage(msgspec.Struct, frozen=True, gc=False):
    """The lines that changed since a text could last be read, counted from 1."""

    first: int
    last: int
    """In the old text; one less than `first` where lines were only added."""
    new_last: int
    words: frozenset[str]
    """What the changed lines name now."""
    adds_definition: bool
    """Whether a `def` or `class` stands there now that did not before."""

    @property
    def is_small(self) -> bool:
        """Whether it is no more than a few lines being typed."""
        return max(self.last, self.new_last) - self.first < _MOST_LINES

    def holds(self, line: int) -> bool:
        """Whether a line of the old text changed."""
        return self.first <= line <= self.last

    def moved(self, line: int) -> int:
        """Where a line of the old text is now."""
        if line < self.first:
            return line
        if line > self.last:
            return line + self.new_last - self.last
        return max(min(line, self.new_last), 1)


def memory_of(chunks: Iterable[Chunk], texts: Iterable[str]) -> Memory | None:
    """What some adjacent chunks were when each could last be read; None where one never could."""
    units: list[PlacedUnit] = []
    parts: list[str] = []
    line = 0
    for chunk, text in zip(chunks, texts, strict=True):
        memory = Memory(text, chunk.units) if chunk.state == EXACT else chunk.memory
        if memory is None:
            return None
        units.extend(moved(memory.units, line))
        parts.append(memory.text)
        line += memory.text.count("\n")
    return Memory("".join(parts), tuple(units))


def damage_to(old: str, new: str) -> Damage:
    """The lines in which two texts differ."""
    start, end = changed(old, new)
    new_end = end + len(new) - len(old)
    first = old.count("\n", 0, start) + 1
    last = old.count("\n", 0, end) + 1
    new_last = new.count("\n", 0, new_end) + 1
    if all(_starts_line(text, at) for text, at in ((old, start), (old, end), (new, new_end))):
        last, new_last = last - 1, new_last - 1
    before = frozenset(_WORD.findall("\n".join(old.split("\n")[first - 1 : last])))
    words = frozenset(_WORD.findall("\n".join(new.split("\n")[first - 1 : new_last])))
    return Damage(first, last, new_last, words, not _DEFINING.isdisjoint(words - before))


def weight(units: Iterable[PlacedUnit]) -> int:
    """How much some units say."""
    return sum(
        1 + len(function.calls) + len(function.bindings)
        for unit in units
        for function in (unit.facts.body, *unit.facts.functions)
    )


def remembered(units: Sequence[PlacedUnit], damage: Damage) -> tuple[PlacedUnit, ...]:
    """`units` as they stand after the damage."""
    ends = [unit.line - 1 for unit in units[1:]] + [1 << 30]
    found: list[PlacedUnit] = []
    for unit, end in zip(units, ends, strict=False):
        facts = unit.facts
        if unit.line <= max(damage.last, damage.first) and end >= damage.first:
            facts = _Remembering(unit.line, damage).unit(facts)
        found.append(PlacedUnit(damage.moved(unit.line), unit.owner, facts))
    return tuple(found)


def _starts_line(text: str, index: int) -> bool:
    return not index or text[index - 1] == "\n"


def _is_named(path: str, words: frozenset[str]) -> bool:
    names = _WORD.findall(path)
    return bool(names) and names[-1] in words


class _Remembering:
    """Moves the facts of one unit; their lines count from the unit's first."""

    def __init__(self, line: int, damage: Damage) -> None:
        self._before = line - 1
        self._now = damage.moved(line) - 1
        self._damage = damage

    def unit(self, unit: UnitFacts) -> UnitFacts:
        functions = [self.function(item) for item in unit.functions if self._stays(item)]
        classes = [self._class(item) for item in unit.classes]
        return UnitFacts(self.function(unit.body), tuple(functions), tuple(classes))

    def function(self, function: FunctionFacts) -> FunctionFacts:
        return msgspec.structs.replace(
            function,
            line=self._line(function.line),
            end_line=self._line(function.end_line),
            decorators=tuple([self._spanned(item) for item in function.decorators]),
            bindings=self._bindings(function.bindings),
            self_bindings=self._bindings(function.self_bindings),
            global_bindings=self._bindings(function.global_bindings),
            calls=self._named((item.target, item) for item in function.calls),
            reads=self._named((item.path, item) for item in function.reads),
            blocks=self._named((item.path, item) for item in function.blocks),
            runs=tuple([self._run(item) for item in function.runs if not self._is_hit(item)]),
            narrowed=tuple([self._told(item) for item in function.narrowed]),
        )

    def _class(self, item: ClassFacts) -> ClassFacts:
        return msgspec.structs.replace(
            item,
            line=self._line(item.line),
            decorators=tuple([self._spanned(decorator) for decorator in item.decorators]),
            attributes=self._bindings(item.attributes),
        )

    def _line(self, line: int) -> int:
        return self._damage.moved(line + self._before) - self._now

    def _holds(self, line: int) -> bool:
        return self._damage.holds(line + self._before)

    def _stays(self, function: FunctionFacts) -> bool:
        is_gone = self._holds(function.line) and self._holds(function.end_line)
        return not is_gone or function.name in self._damage.words

    def _bindings(self, bindings: Iterable[Binding]) -> tuple[Binding, ...]:
        return tuple(
            [
                Binding(item.name, self._line(item.line), item.path, self._ranges(item.beside))
                for item in bindings
                if not self._holds(item.line) or _is_named(item.name, self._damage.words)
            ]
        )

    def _ranges(self, ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple([(self._line(first), self._line(last)) for first, last in ranges])

    def _named(self, items: Iterable[tuple[str, _Spanned]]) -> tuple[_Spanned, ...]:
        words = self._damage.words
        return tuple(
            [
                self._spanned(item)
                for path, item in items
                if not self._holds(item.line) or _is_named(path, words)
            ]
        )

    def _spanned(self, item: _Spanned) -> _Spanned:
        line, end_line = self._line(item.line), self._line(item.end_line)
        if (line, end_line) == (item.line, item.end_line):
            return item
        return msgspec.structs.replace(item, line=line, end_line=end_line)

    def _run(self, run: AwaitRun) -> AwaitRun:
        calls = tuple([(self._line(line), column) for line, column in run.calls])
        return msgspec.structs.replace(self._spanned(run), calls=calls)

    def _told(self, item: Narrowing) -> Narrowing:
        end = self._line(item.end_line) if item.end_line else 0
        return msgspec.structs.replace(item, line=self._line(item.line), end_line=end)

    def _is_hit(self, run: AwaitRun) -> bool:
        first, last = run.line + self._before, run.end_line + self._before
        return first <= self._damage.last and last >= self._damage.first
