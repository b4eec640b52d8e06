"""What a helper certainly asks of a database: the nearest statement or commit behind its calls.

Follows calls that are made whenever the helper runs; what stands in a branch, in an `except`, behind
a cache or another early answer, at the end of a context manager or in another process is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from unlag.finding import Step
from unlag.knowledge import Knowledge
from unlag.project.callables import CALLED, THREAD
from unlag.project.links import Edge, Links
from unlag.project.memoised import remembers
from unlag.project.table import FunctionEntry
from unlag.rules.database._calls import is_commit, is_of_no_rows, is_through_untyped, sent_query
from unlag.rules.database._certainty import hangs_on_a_flag, is_certain
from unlag.rules.database._writes import is_around_reads
from unlag.rules.view import FunctionView, Site, spoken
from unlag.source import facts
from unlag.source.facts import Call

Wanted = Callable[[Knowledge, Call, str], str]
"""The public name of a library's call that is looked for, or an empty string."""

_Place: TypeAlias = tuple[int, int, int, int]
_LONGEST = 5
_MOST_FUNCTIONS = 80
_CALLS_OF_A_LONG_FUNCTION = 30
_SELDOM = facts.CONDITIONAL | facts.ONCE | facts.IN_EXCEPT | facts.AFTER_YIELD


class Behind(msgspec.Struct, frozen=True):
    """The way from a helper to the call that was looked for."""

    name: str
    steps: tuple[Step, ...]
    """In the helper and what it calls; the last one is the call itself."""
    calls: int = 0
    """How many calls the function on the way has that has most."""

    @property
    def is_long(self) -> bool:
        """Whether so much happens on the way that the call itself matters little."""
        return self.calls > _CALLS_OF_A_LONG_FUNCTION


def statement(knowledge: Knowledge, call: Call, callee: str) -> str:
    """Accepts what sends one statement."""
    return sent_query(knowledge, call, callee)


def commit(knowledge: Knowledge, call: Call, callee: str) -> str:
    """Accepts commits."""
    return knowledge.canonical(callee) if is_commit(knowledge, callee) else ""


def behind(view: FunctionView, function_id: str, wanted: Wanted) -> Behind | None:
    """The nearest wanted call that running a function of the project comes to."""
    key = (behind, function_id, wanted)
    return view.index.remember(key, lambda: _search(view, function_id, wanted))


def edges_at(view: FunctionView, call: Call) -> list[Edge]:
    """What a call surely runs of the project, in its own thread or another one."""
    return view.once(_sure_edges).get((call.line, call.column, call.end_line, call.end_column), [])


def _sure_edges(view: FunctionView) -> dict[_Place, list[Edge]]:
    found: dict[_Place, list[Edge]] = {}
    unsure = _unsure_sites(view.links)
    for edge in view.links.edges:
        site = (edge.line, edge.column, edge.end_line, edge.end_column)
        if edge.how in (CALLED, THREAD) and not edge.flags & facts.ONCE and site not in unsure:
            found.setdefault(site, []).append(edge)
    return found


def _unsure_sites(links: Links) -> frozenset[_Place]:
    """Places that run one of several functions: an interface with several classes."""
    if len(links.edges) < 2:
        return frozenset()
    targets: dict[_Place, str] = {}
    found = set()
    for edge in links.edges:
        if not edge.through:
            site = (edge.line, edge.column, edge.end_line, edge.end_column)
            if targets.setdefault(site, edge.target) != edge.target:
                found.add(site)
    return frozenset(found)


def _search(view: FunctionView, function_id: str, wanted: Wanted) -> Behind | None:
    knowledge = view.knowledge
    pending: deque[_Way] = deque([_Way(function_id)])
    visited = {function_id}
    while pending and len(visited) < _MOST_FUNCTIONS:
        way = pending.popleft()
        current = way.function
        entry = view.index.function(current)
        links = view.index.links.get(current)
        if entry is None or links is None or remembers(entry.facts):
            continue
        for call, callee in zip(entry.facts.calls, links.callees, strict=True):
            if call.flags & _SELDOM or not callee or ":" in callee:
                continue
            name = wanted(knowledge, call, callee)
            if not name:
                continue
            if wanted is statement and _says_nothing(view, entry, call):
                continue
            # who finds a row first, commits no other: an early answer counts only where a flag asks for it
            is_sure = way.is_unasked if wanted is commit else way.is_certain
            if is_sure(view, call):
                steps = (*way.steps(view), view.step_in(current, call, name))
                return Behind(name, steps, way.most_calls(view))
        if len(way.made) >= _LONGEST:
            continue
        unsure = _unsure_sites(links)
        for edge in links.edges:
            if edge.how not in (CALLED, THREAD) or edge.flags & _SELDOM:
                continue
            if (edge.line, edge.column, edge.end_line, edge.end_column) in unsure:
                continue
            if wanted is commit and is_around_reads(view, current, edge):
                continue
            if edge.target not in visited:
                visited.add(edge.target)
                pending.append(_Way(edge.target, (*way.made, (current, edge))))
    return None


def _says_nothing(view: FunctionView, entry: FunctionEntry, call: Call) -> bool:
    return is_through_untyped(entry.facts, call) or is_of_no_rows(view.index, entry, call)


class _Way(msgspec.Struct, frozen=True):
    """The functions that are called on the way to one."""

    function: str
    made: tuple[tuple[str, Edge], ...] = ()

    def is_certain(self, view: FunctionView, site: Site) -> bool:
        """Whether every call on the way, and what stands at `site` at its end, is made at every run."""
        places = (*self.made, (self.function, site))
        return all(is_certain(view.index, function, place) for function, place in places)

    def is_unasked(self, view: FunctionView, site: Site) -> bool:
        """Whether no flag that a caller sets decides if the way is gone."""
        places = (*self.made, (self.function, site))
        return not any(hangs_on_a_flag(view.index, function, place) for function, place in places)

    def most_calls(self, view: FunctionView) -> int:
        """The number of calls in the longest function of the way."""
        functions = (*(function for function, _ in self.made), self.function)
        entries = (view.index.function(function) for function in functions)
        return max(len(entry.facts.calls) for entry in entries if entry is not None)

    def steps(self, view: FunctionView) -> tuple[Step, ...]:
        return tuple(
            view.step_in(function, edge, spoken(edge.target)) for function, edge in self.made
        )
