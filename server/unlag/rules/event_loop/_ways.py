"""Ways from plain functions to what holds their thread, as rules choose among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import reduce
from heapq import heappop, heappush
from itertools import count
from operator import or_
from typing import NamedTuple

import msgspec

from unlag.finding import Step
from unlag.project.callables import CALLED
from unlag.project.graph import Reach, category_of
from unlag.project.index import Index
from unlag.project.links import Edge, Hazard
from unlag.rules.event_loop._given import NOTHING, Given, given_by
from unlag.rules.event_loop._ruled_out import is_ruled_out
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts
from unlag.source.scopes import MODULE

Accepts = Callable[[FunctionView, str, Hazard], bool]
"""Whether a hazard that stands in the function with that id is what a rule looks for."""

_LONGEST_TRAIL = 59
_MOST_FUNCTIONS = 200
_MOST_AROUND = 1000


class Way(msgspec.Struct, frozen=True):
    """A way from a plain function to a hazard."""

    hazard: Hazard
    steps: tuple[Step, ...]
    once: bool
    """Whether any of its calls runs once."""
    conditions: int


class _Seen(msgspec.Struct, frozen=True):
    """What shows from a plain function."""

    way: Way | None
    """The way to take, if a hazard is accepted."""
    on_way: tuple[str, ...]
    """The functions on the surest way, where only that was looked at; empty where others were."""


def way_from(function: FunctionView, edge: Edge, category: str, accepts: Accepts) -> Way | None:
    """The surest way from what a step of `function` runs to a hazard that is accepted.

    Takes no branch that the constants which the call gives rule out. Worked out once for all whose
    calls give the same, but for those that the way leads back to.
    """
    index = function.index
    start = edge.target
    given = given_by(index, function.entry.id, edge, NOTHING)
    key = (way_from, start, given, category, accepts)
    found = index.remember(
        key, lambda: _seen_from(_outside(function), start, given, category, accepts)
    )
    if _is_looked_into(function, found, start, category, accepts):
        found = _seen_from(function, start, given, category, accepts)
    return found.way


def _is_looked_into(
    function: FunctionView, found: _Seen, start: str, category: str, accepts: Accepts
) -> bool:
    """Whether what was found led through `function`: what it holds itself can be another thing to it."""
    if function.facts.is_async:
        return False  # ways lead through plain functions only
    if found.on_way:
        return function.entry.id in found.on_way
    around = _around(_outside(function), start, category, accepts)
    return function.entry.id in around.leading or function.entry.id in around.in_vain


def _outside(function: FunctionView) -> FunctionView:
    """A function that nothing leads to, in whose eyes hazards are those of others."""
    table = function.index.own_table(function.entry.path)
    return FunctionView(function.index, table.functions[MODULE], function.offload_style)


def _seen_from(
    function: FunctionView, start: str, given: Given, category: str, accepts: Accepts
) -> _Seen:
    """The surest way from `start` to a hazard, or the next to one that is accepted."""
    way, on_way = _surest(function, start, given, category, accepts)
    if way is not None:
        return _Seen(way, on_way)
    in_vain = frozenset(_around(function, start, category, accepts).in_vain)
    if start in in_vain:
        return _Seen(None, ())
    search = _Search(function, category, accepts, in_vain)
    return _Seen(search.surest(_Part(start, given)), ())


class _Around(msgspec.Struct, frozen=True):
    """The functions that one leads to; tuples, as sets take four times the room."""

    leading: tuple[str, ...]
    """Those that lead to an accepted hazard, and those that were too many to look into."""
    in_vain: tuple[str, ...]
    """Those that lead to none, whatever they are given."""


def _around(function: FunctionView, start: str, category: str, accepts: Accepts) -> _Around:
    """The functions that `start` leads to; worked out once for all whom it does not lead back to."""
    own = function.entry.id if function.qualname != MODULE else ""
    key = (_around, start, own, category, accepts)
    return function.index.remember(key, lambda: _found_around(function, start, category, accepts))


def _found_around(function: FunctionView, start: str, category: str, accepts: Accepts) -> _Around:
    callers: dict[str, list[str]] = {start: []}
    pending = deque([start])
    leading: list[str] = []
    while pending and len(callers) < _MOST_AROUND:
        current = pending.popleft()
        hazards, onwards = _next(function, current, NOTHING, category, accepts)
        if hazards:
            leading.append(current)
        for target in dict.fromkeys([edge.target for edge in onwards]):
            if target not in callers:
                callers[target] = []
                pending.append(target)
            callers[target].append(current)
    leading += pending
    found = set(leading)
    while leading:
        fresh = [caller for caller in callers[leading.pop()] if caller not in found]
        found.update(fresh)
        leading += fresh
    return _Around(tuple(found), tuple(callers.keys() - found))


def _surest(
    function: FunctionView, start: str, given: Given, category: str, accepts: Accepts
) -> tuple[Way | None, tuple[str, ...]]:
    """The surest way from `start`, where it can be taken and its hazard is accepted, and the functions on it."""
    index = function.index
    reaches = index.graph.reaches[category]
    on_way: list[str] = [start]
    edges: list[Edge] = []
    reach = reaches[start]
    while reach.hazard < 0 and len(edges) < _LONGEST_TRAIL:
        edge = index.links[on_way[-1]].edges[reach.edge]
        if is_ruled_out(index, on_way[-1], edge, given):
            return None, ()
        given = given_by(index, on_way[-1], edge, given)
        edges.append(edge)
        on_way.append(edge.target)
        reach = reaches[on_way[-1]]
    hazard = index.links[on_way[-1]].hazards[reach.hazard]
    if is_ruled_out(index, on_way[-1], hazard, given):
        return None, ()
    if not accepts(function, on_way[-1], hazard):
        return None, ()
    steps = [
        function.step_in(caller, edge, spoken(edge.target))
        for caller, edge in zip(on_way, edges, strict=False)
    ]
    steps.append(function.step_in(on_way[-1], hazard, hazard.name))
    first = reaches[start]
    return Way(hazard, tuple(steps), first.once, first.conditions), tuple(on_way)


class _Search(NamedTuple):
    """Ways that can be taken to an accepted hazard, past functions that lead to none."""

    function: FunctionView
    category: str
    accepts: Accepts
    in_vain: frozenset[str]

    def surest(self, start: _Part) -> Way | None:
        """The surest way: looks first where the way on, were all of it open, is the surest."""
        reaches = self.function.index.graph.reaches[self.category]
        numbers = count()
        pending: list[tuple[_Length, int, _Length, _Part, Edge | None]]
        pending = [(_Length(), next(numbers), _Length(), start, None)]
        visited = _Visited()
        while pending and visited.count < _MOST_FUNCTIONS:
            _, _, length, part, edge = heappop(pending)
            if edge is not None:  # what it is given is asked only of those whose turn comes
                part = part.onward(self.function.index, edge)
            if part.hazard is not None:
                return part.way(self.function, part.hazard)
            if not visited.add(part):
                continue
            hazards, onwards = self._next(part)
            for hazard in hazards:
                whole = length.with_step(hazard.flags)
                ended = part._replace(hazard=hazard)
                heappush(pending, (whole, next(numbers), whole, ended, None))
            for onward in onwards:
                longer = length.with_step(onward.flags)
                whole = longer.with_rest(reaches[onward.target])
                heappush(pending, (whole, next(numbers), longer, part, onward))
        return None

    def _next(self, part: _Part) -> tuple[tuple[Hazard, ...], list[Edge]]:
        hazards, onwards = _next(
            self.function, part.function, part.given, self.category, self.accepts
        )
        return hazards, [edge for edge in onwards if edge.target not in self.in_vain]


class _Visited:
    """Functions that were come to, and what they were given."""

    def __init__(self) -> None:
        self.count = 0
        self._given: dict[str, list[frozenset[tuple[str, str]]]] = {}

    def add(self, part: _Part) -> bool:
        """Note where a way has come to; False where a better one came before.

        A function that is given more constants has no way on that it has not without some of them.
        """
        given = frozenset(part.given)
        known = self._given.setdefault(part.function, [])
        if any(fewer <= given for fewer in known):
            return False
        known.append(given)
        self.count += 1
        return True


class _Length(NamedTuple):
    """How sure a way is: what runs once, then conditions, then steps."""

    once: int = 0
    conditions: int = 0
    steps: int = 0

    def with_step(self, flags: int) -> _Length:
        """The length with a step more."""
        is_once = bool(flags & facts.ONCE)
        conditions = 0 if is_once else facts.conditions(flags)
        return _Length(self.once + is_once, self.conditions + conditions, self.steps + 1)

    def with_rest(self, rest: Reach) -> _Length:
        """The length with the surest way on."""
        return _Length(
            self.once + rest.once, self.conditions + rest.conditions, self.steps + rest.distance
        )


class _Part(NamedTuple):
    """The first part of a way."""

    function: str
    given: Given
    edges: tuple[tuple[str, Edge], ...] = ()
    hazard: Hazard | None = None
    """That of the function, where the way is at its end."""

    def onward(self, index: Index, edge: Edge) -> _Part:
        """The part with a step more."""
        given = given_by(index, self.function, edge, self.given)
        return _Part(edge.target, given, (*self.edges, (self.function, edge)))

    def way(self, function: FunctionView, hazard: Hazard) -> Way:
        """The whole way."""
        steps = [function.step_in(name, edge, spoken(edge.target)) for name, edge in self.edges]
        steps.append(function.step_in(self.function, hazard, hazard.name))
        flags = [edge.flags for _, edge in self.edges] + [hazard.flags]
        once = bool(reduce(or_, flags) & facts.ONCE)
        return Way(hazard, tuple(steps), once, sum(map(facts.conditions, flags)))


def _next(
    function: FunctionView, current: str, given: Given, category: str, accepts: Accepts
) -> tuple[tuple[Hazard, ...], tuple[Edge, ...]]:
    """The accepted hazards of a function, and its calls that may lead to more; remembered."""
    index = function.index

    def look() -> tuple[tuple[Hazard, ...], tuple[Edge, ...]]:
        links = index.links.get(current)
        if links is None:
            return (), ()
        hazards = tuple(
            hazard
            for hazard in links.hazards
            if category_of(hazard) == category
            and accepts(function, current, hazard)
            and not is_ruled_out(index, current, hazard, given)
        )
        reaches = index.graph.reaches[category]
        return hazards, tuple(
            edge
            for edge in links.edges
            if edge.how == CALLED
            and edge.target in reaches
            and not index.is_async(edge.target)
            and not is_ruled_out(index, current, edge, given)
        )

    is_own = current == function.entry.id  # what it is given is known of nobody else
    return index.remember((_next, current, given, is_own, category, accepts), look)
