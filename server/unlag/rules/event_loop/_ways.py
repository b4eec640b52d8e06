"""Ways from plain functions to what holds their thread, as rules choose among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import reduce
from operator import or_

import msgspec

from unlag.finding import Step
from unlag.project.callables import CALLED
from unlag.project.graph import category_of
from unlag.project.links import Edge, Hazard
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts
from unlag.source.scopes import MODULE

Accepts = Callable[[FunctionView, str, Hazard], bool]
"""Whether a hazard that stands in the function with that id is what a rule looks for."""

_LONGEST_TRAIL = 59
_MOST_FUNCTIONS = 200


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
    functions: frozenset[str]
    """The functions that were looked into."""


def way_from(function: FunctionView, start: str, category: str, accepts: Accepts) -> Way | None:
    """The surest way from the plain function `start` to a hazard, or the shortest to one that is accepted.

    Worked out once for all that call `start`, but for those that it leads back to.
    """
    key = (way_from, start, category, accepts)
    found = function.index.remember(
        key, lambda: _seen_from(_outside(function), start, category, accepts)
    )
    if function.entry.id in found.functions:  # what it holds itself can be another thing to it
        found = _seen_from(function, start, category, accepts)
    return found.way


def _outside(function: FunctionView) -> FunctionView:
    """A function that nothing leads to, in whose eyes hazards are those of others."""
    table = function.index.own_table(function.entry.path)
    return FunctionView(function.index, table.functions[MODULE], function.offload_style)


def _seen_from(function: FunctionView, start: str, category: str, accepts: Accepts) -> _Seen:
    """The surest way from `start` to a hazard, or the shortest to one that is accepted."""
    way, functions = _surest(function, start, category, accepts)
    if way is not None:
        return _Seen(way, functions)
    beyond, visited = _shortest(function, start, category, accepts)
    return _Seen(beyond, functions | visited)


def _surest(
    function: FunctionView, start: str, category: str, accepts: Accepts
) -> tuple[Way | None, frozenset[str]]:
    """The surest way from `start`, where its hazard is accepted."""
    index = function.index
    reaches = index.graph.reaches[category]
    on_way: list[str] = [start]
    edges: list[Edge] = []
    reach = reaches[start]
    while reach.hazard < 0 and len(edges) < _LONGEST_TRAIL:
        edges.append(index.links[on_way[-1]].edges[reach.edge])
        on_way.append(edges[-1].target)
        reach = reaches[on_way[-1]]
    hazard = index.links[on_way[-1]].hazards[reach.hazard]
    if not accepts(function, on_way[-1], hazard):
        return None, frozenset(on_way)
    steps = [
        function.step_in(caller, edge, spoken(edge.target))
        for caller, edge in zip(on_way, edges, strict=False)
    ]
    steps.append(function.step_in(on_way[-1], hazard, hazard.name))
    first = reaches[start]
    return Way(hazard, tuple(steps), first.once, first.conditions), frozenset(on_way)


def _shortest(
    function: FunctionView, start: str, category: str, accepts: Accepts
) -> tuple[Way | None, frozenset[str]]:
    """The shortest way from `start` to a hazard that is accepted."""
    pending: deque[tuple[str, tuple[tuple[str, Edge], ...]]] = deque([(start, ())])
    visited = {start}
    while pending and len(visited) < _MOST_FUNCTIONS:
        current, calls = pending.popleft()
        hazard, onwards = _around(function, current, category, accepts)
        if hazard is not None:
            steps = [function.step_in(caller, edge, spoken(edge.target)) for caller, edge in calls]
            last = function.step_in(current, hazard, hazard.name)
            flags = [edge.flags for _, edge in calls] + [hazard.flags]
            conditions = sum(facts.conditions(item) for item in flags)
            once = bool(reduce(or_, flags) & facts.ONCE)
            return Way(hazard, (*steps, last), once, conditions), frozenset(visited)
        for edge in onwards:
            if edge.target not in visited:
                visited.add(edge.target)
                pending.append((edge.target, (*calls, (current, edge))))
    return None, frozenset(visited)


def _around(
    function: FunctionView, current: str, category: str, accepts: Accepts
) -> tuple[Hazard | None, tuple[Edge, ...]]:
    """The first accepted hazard of a function, else its calls that may lead to one; remembered."""
    index = function.index

    def look() -> tuple[Hazard | None, tuple[Edge, ...]]:
        links = index.links.get(current)
        if links is None:
            return None, ()
        for hazard in links.hazards:
            if category_of(hazard) == category and accepts(function, current, hazard):
                return hazard, ()
        reaches = index.graph.reaches[category]
        return None, tuple(
            edge
            for edge in links.edges
            if edge.how == CALLED and edge.target in reaches and not index.is_async(edge.target)
        )

    is_own = current == function.entry.id  # what it is given is known of nobody else
    return index.remember((_around, current, is_own, category, accepts), look)
