"""From which entry points functions are reached: worked out for those that are asked about, kept until it changes."""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

from unlag.finding import EntryPoint
from unlag.project import keys
from unlag.project.graph import NOTHING, Moves
from unlag.project.joined import Changed, Joined
from unlag.project.links import Edge
from unlag.project.memoised import remembers
from unlag.project.routes import Route
from unlag.project.table import FunctionEntry
from unlag.source import facts

_Above: TypeAlias = tuple[str, ...]
"""The functions above one that frameworks are told to call."""


class Entries:
    """Routes and entry points above functions."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._above: dict[str, _Above] = {}
        self._routes: dict[_Above, tuple[Route, ...]] = {}
        self._points: dict[_Above, tuple[EntryPoint, ...]] = {}
        self._point: dict[Route, EntryPoint] = {}
        self._leading: dict[tuple[str, bool], frozenset[str]] = {}

    def routes(self, function_id: str) -> tuple[Route, ...]:
        """Every route that leads to a function where it runs, by function id; shared objects.

        Where it runs on the event loop, only those that lead there on the loop.
        """
        return self._routes_of(self._entered_above(function_id))

    def asked(self) -> tuple[str, ...]:
        """The functions whose routes are known, and are compared after every edit."""
        return tuple(self._above)

    def points(self, function_id: str) -> tuple[EntryPoint, ...]:
        """Where the framework enters the project on the way to a function; shared objects."""
        above = self._entered_above(function_id)
        known = self._points.get(above)
        if known is None:
            points = (self._point_of(route) for route in self._routes_of(above))
            known = tuple(dict.fromkeys(point for point in points if point is not None))
            self._points[above] = known
        return known

    def follow(self, changed: Changed, moved: set[str]) -> set[str]:
        """Take in an edit, after which functions of `moved` stand elsewhere; whose routes are others now."""
        if changed.routed or not moved.isdisjoint(self._joined.routes.by_function):
            self._points, self._point = {}, {}
        if changed.moves is not NOTHING:
            self._leading = {}
        if not self._above:
            return set()
        before = self._routes
        if changed.routed:
            self._routes = {
                above: routes
                for above, routes in before.items()
                if changed.routed.isdisjoint(above)
            }
        found: set[str] = set()
        for function in self._below(changed.moves, changed.routed) & self._above.keys():
            known, above = self._above[function], self._find(function)
            self._above[function] = above
            if self._routes_of(above) != before.get(known):
                found.add(function)
        return found

    def _below(self, moves: Moves, routed: frozenset[str]) -> set[str]:
        """Everything that is run by what an edit moved."""
        calls = self._joined.graph.calls
        found = {*moves.contexts, *moves.callers, *routed}
        pending = list(found)
        while pending:
            for edge in calls.edges(pending.pop()):
                if edge.target not in found:
                    found.add(edge.target)
                    pending.append(edge.target)
        return found

    def _point_of(self, route: Route) -> EntryPoint | None:
        known = self._point.get(route)
        if known is None:
            entry = self._joined.naming.resolver.function(route.function)
            if entry is None:
                return None
            path, _, qualname = route.function.rpartition(":")
            line = entry.facts.line + entry.offset
            known = EntryPoint(route.label, route.method, route.route, qualname, path, line)
            self._point[route] = known
        return known

    def _entered_above(self, function_id: str) -> _Above:
        known = self._above.get(function_id)
        if known is None:
            known = self._above[function_id] = self._find(function_id)
        return known

    def _routes_of(self, above: _Above) -> tuple[Route, ...]:
        known = self._routes.get(above)
        if known is None:
            by_function = self._joined.routes.by_function
            known = tuple(route for function in above for route in by_function[function])
            self._routes[above] = known
        return known

    def _find(self, function_id: str) -> _Above:
        on_loop = self._joined.graph.runs_on_loop(function_id)
        visited = {function_id}
        pending = [function_id]
        while pending:
            callers = self._leading_to(pending.pop(), on_loop) - visited
            visited |= callers
            pending.extend(callers)
        return tuple(sorted(visited & self._joined.routes.by_function.keys()))

    def _leading_to(self, function_id: str, on_loop: bool) -> frozenset[str]:
        """Who runs a function while serving requests, on an event loop where that is asked for."""
        known = self._leading.get((function_id, on_loop))
        if known is None:
            graph = self._joined.graph
            leads_there = graph.runs_on_loop if on_loop else graph.serves
            dependants = graph.calls.dependants(function_id)
            known = self._leading[function_id, on_loop] = frozenset(
                caller
                for caller in graph.calls.callers(function_id)
                if leads_there(caller) or caller in dependants
            )
        return known

    def runs_for_each(self, function_id: str, labels: frozenset[str], branches: int) -> bool:
        """Whether a function runs anew each time an entry point under one of `labels` is called."""
        calls, resolver = self._joined.graph.calls, self._joined.naming.resolver
        conditions = {function_id: 0}
        pending = deque([function_id])
        while pending:
            current = pending.popleft()
            resolver.seen.update((current, current + keys.ROUTES, current + keys.CALLERS))
            entry = resolver.function(current)
            if entry is not None and remembers(entry.facts):
                continue
            routes = self._joined.routes.by_function.get(current, ())
            if any(route.label in labels for route in routes):
                return True
            for caller in calls.callers(current):
                resolver.seen.add(caller)
                running = resolver.function(caller)
                for edge in calls.edges(caller):
                    if edge.target != current or edge.flags & (facts.ONCE | facts.IN_EXCEPT):
                        continue
                    if running is not None and _is_kept(running, edge):
                        continue
                    price = conditions[current] + bool(edge.flags & facts.CONDITIONAL)
                    if price < conditions.get(caller, branches + 1):
                        conditions[caller] = price
                        pending.append(caller)
        return False


def _is_kept(caller: FunctionEntry, edge: Edge) -> bool:
    """Whether the object that a constructor makes becomes a global, or goes into a global container."""
    return edge.through == "constructor" and any(
        binding.line == edge.line
        and binding.path.endswith("()")
        and binding.name.removesuffix("[]").isidentifier()
        for binding in caller.facts.global_bindings
    )
