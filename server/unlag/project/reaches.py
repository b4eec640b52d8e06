"""What plain functions reach that holds a thread, and on which way: fewest conditions first, then the shortest.

A way's length is one number: ways that run once count most, then conditions, then steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from unlag.project.callables import CALLED
from unlag.project.calls import Calls
from unlag.project.links import Edge, Hazard
from unlag.project.shortest import settle
from unlag.source import facts
from unlag.source.scopes import MODULE

CATEGORIES = ("blocking", "metadata", "cpu-heavy", "cpu-light", "wait", "loop")
"""Kinds of hazard that are followed apart from each other, so that the worst one is shown."""

_STEP = 1
_CONDITION = 1 << 20
_ONCE = 1 << 40
_NONE: Mapping[str, int] = {}


class Reach(msgspec.Struct, frozen=True, gc=False):
    """The surest way from a plain function to a hazard.

    Names the next step by its index, so that it holds when lines move.
    """

    distance: int
    hazard: int
    """Index among the function's hazards where the way ends in it, else -1."""
    edge: int
    """Index among the function's edges of the next step, else -1."""
    once: bool
    """Whether part of the way is remembered or runs once."""
    conditions: int = 0
    """Functions on the way that go on only in a branch; twice for a branch in a branch for certain texts."""


def category_of(hazard: Hazard) -> str:
    """The category under which a hazard is followed."""
    if hazard.kind == "new-loop":
        return "loop"
    if hazard.kind == "cpu":
        return f"cpu-{hazard.cost}"
    return hazard.cost if hazard.cost in ("metadata", "wait") else "blocking"


class Reaches:
    """The ways to the hazards of one category."""

    def __init__(self, calls: Calls, category: str, lengths: Mapping[str, int] = _NONE) -> None:
        """`lengths` are known already, as `lengths` gave them."""
        self.category = category
        self._calls = calls
        self._lengths = dict(lengths)

    @property
    def lengths(self) -> Mapping[str, int]:
        """The lengths of the surest ways."""
        return self._lengths

    def settle(self, suspects: Iterable[str]) -> set[str]:
        """Take in that edges or hazards of `suspects` changed; the functions whose way may be another."""
        moved = set(settle(self._lengths, self, suspects))
        return {*moved, *(caller for function in moved for caller in self._calls.callers(function))}

    def __iter__(self) -> Iterator[str]:
        return iter(self._lengths)

    def __contains__(self, function: object) -> bool:
        return function in self._lengths

    def reach(self, function: str) -> Reach | None:
        """The surest way from a function, or None where it reaches nothing."""
        length = self._lengths.get(function)
        if length is None:
            return None
        hazard, edge = self._first(function, length)
        once, rest = divmod(length, _ONCE)
        conditions, distance = divmod(rest, _CONDITION)
        return Reach(distance, hazard, edge, bool(once), conditions)

    def _first(self, function: str, length: int) -> tuple[int, int]:
        """The first hazard or edge in the text that is as near as the nearest."""
        links = self._calls.links[function]
        for index, hazard in enumerate(links.hazards):
            if category_of(hazard) == self.category and _price(hazard.flags) == length:
                return index, -1
        return -1, next(
            index for index, edge in enumerate(links.edges) if self._through(edge) == length
        )

    # -- the graph as `shortest` sees it

    def best(self, node: str, floor: int) -> int | None:
        """The length of the surest way from a function."""
        calls = self._calls
        links = calls.links.get(node)
        if links is None or _is_left_out(calls, node):
            return None
        found = [
            _price(hazard.flags) for hazard in links.hazards if category_of(hazard) == self.category
        ]
        found += [length for edge in links.edges if (length := self._through(edge)) is not None]
        return min(found, default=None)

    def offers(self, node: str, length: int) -> Iterator[tuple[str, int]]:
        """What a function that reaches a hazard means to those that call it."""
        calls = self._calls
        if _is_left_out(calls, node):
            return
        for caller in calls.callers(node):
            links = calls.links.get(caller)
            if links is None or _is_left_out(calls, caller):
                continue
            steps = [
                _price(edge.flags)
                for edge in links.edges
                if edge.target == node and edge.how == CALLED
            ]
            if steps:
                yield caller, length + _STEP + min(steps)

    def _through(self, edge: Edge) -> int | None:
        if edge.how != CALLED:
            return None
        length = self._lengths.get(edge.target)
        if length is None or edge.target in self._calls.coroutines:
            return None
        return length + _STEP + _price(edge.flags)


def _is_left_out(calls: Calls, function: str) -> bool:
    """Whether no way leads through a function: what coroutines and modules hold is shown there."""
    return function in calls.coroutines or function.endswith(f":{MODULE}")


def _price(flags: int) -> int:
    """What a step costs: nothing where it is always taken, more than any number of conditions if once."""
    if flags & facts.ONCE:
        return _ONCE
    return _CONDITION * facts.conditions(flags)
