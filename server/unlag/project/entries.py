"""From which entry points functions are reached: worked out for those that are asked about, kept until it changes."""

from __future__ import annotations

from collections import deque

from unlag.finding import EntryPoint
from unlag.project import keys
from unlag.project.graph import NOTHING, Moves
from unlag.project.joined import Changed, Joined
from unlag.project.links import DEPENDS, Edge, remembers
from unlag.project.routes import Route
from unlag.project.table import FunctionEntry
from unlag.source import facts


class Entries:
    """Routes and entry points above functions."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._routes: dict[str, tuple[Route, ...]] = {}
        self._points: dict[str, tuple[EntryPoint, ...]] = {}
        self._point: dict[Route, EntryPoint] = {}
        self._leading: dict[tuple[str, bool], frozenset[str]] = {}
        self._shared: dict[tuple[EntryPoint, ...], tuple[EntryPoint, ...]] = {}

    def routes(self, function_id: str) -> tuple[Route, ...]:
        """Every route that leads to a function where it runs, by function id.

        Where it runs on the event loop, only those that lead there on the loop.
        """
        known = self._routes.get(function_id)
        if known is None:
            known = self._routes[function_id] = self._find(function_id)
        return known

    def asked(self) -> tuple[str, ...]:
        """The functions whose routes are known, and are compared after every edit."""
        return tuple(self._routes)

    def points(self, function_id: str) -> tuple[EntryPoint, ...]:
        """Where the framework enters the project on the way to a function; shared objects."""
        known = self._points.get(function_id)
        if known is None:
            points = (self._point_of(route) for route in self.routes(function_id))
            known = tuple(dict.fromkeys(point for point in points if point is not None))
            self._points[function_id] = known = self._shared.setdefault(known, known)
        return known

    def follow(self, changed: Changed, moved: set[str]) -> set[str]:
        """Take in an edit, after which functions of `moved` stand elsewhere; whose routes are others now."""
        if not moved.isdisjoint(self._joined.routes.by_function):
            self._points, self._point, self._shared = {}, {}, {}
        if changed.moves is not NOTHING:
            self._leading = {}
        if not self._routes:
            return set()
        below = self._below(changed.moves, changed.routed)
        found: set[str] = set()
        for function in below & self._routes.keys():
            routes = self._find(function)
            if routes != self._routes[function]:
                found.add(function)
                self._routes[function] = routes
                self._points.pop(function, None)
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

    def _find(self, function_id: str) -> tuple[Route, ...]:
        by_function = self._joined.routes.by_function
        on_loop = self._joined.graph.runs_on_loop(function_id)
        visited = {function_id}
        pending = [function_id]
        while pending:
            callers = self._leading_to(pending.pop(), on_loop) - visited
            visited |= callers
            pending.extend(callers)
        found = sorted(function for function in visited if function in by_function)
        return tuple(route for function in found for route in by_function[function])

    def _leading_to(self, function_id: str, on_loop: bool) -> frozenset[str]:
        """Who runs a function while serving requests, on an event loop where that is asked for."""
        known = self._leading.get((function_id, on_loop))
        if known is None:
            graph = self._joined.graph
            leads_there = graph.runs_on_loop if on_loop else graph.serves
            known = self._leading[function_id, on_loop] = frozenset(
                caller
                for caller in graph.calls.callers(function_id)
                if leads_there(caller)
                or any(how == DEPENDS for how, _ in graph.calls.steps(caller, function_id))
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
