"""The linked functions as a graph: who runs whom, kept in both directions.

Holds what links and routers say; works nothing out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from unlag.project.links import DEPENDS, Edge, Links


class Calls:
    """Every function's edges, and for every function those that have an edge to it."""

    def __init__(
        self,
        links: dict[str, Links],
        extra: Mapping[str, tuple[Edge, ...]],
        coroutines: set[str],
    ) -> None:
        self.links = links
        self.extra = extra
        """Dependencies that routes have from their decorators and routers."""
        self.coroutines = coroutines
        self._callers: dict[str, list[str]] = {}
        self._dependants: dict[str, list[str]] = {}
        for function in (*links, *(item for item in extra if item not in links)):
            self._enter(function)

    def edges(self, function: str) -> tuple[Edge, ...]:
        """Everything that a function runs."""
        found = self.links.get(function)
        extra = self.extra.get(function)
        if found is None:
            return extra or ()
        return (*found.edges, *extra) if extra else found.edges

    def callers(self, function: str) -> list[str]:
        """The functions with an edge to it, each once, in any order."""
        return self._callers.get(function, [])

    def is_called(self, function: str) -> bool:
        """Whether any function runs it itself."""
        return any(how != DEPENDS for how in self._hows(function))

    def is_dependency(self, function: str) -> bool:
        """Whether FastAPI runs it to fill a parameter."""
        return function in self._dependants

    def dependants(self, function: str) -> list[str]:
        """The functions for which FastAPI runs it to fill a parameter."""
        return self._dependants.get(function, [])

    def steps(self, caller: str, function: str) -> Iterator[tuple[int, int]]:
        """How one function runs another, with the flags of each call."""
        return ((edge.how, edge.flags) for edge in self.edges(caller) if edge.target == function)

    def _hows(self, function: str) -> Iterator[int]:
        return (how for caller in self.callers(function) for how, _ in self.steps(caller, function))

    def leave(self, functions: Iterable[str]) -> None:
        """Take functions out as callers, before their edges change."""
        for function in functions:
            edges = self.edges(function)
            for target in {edge.target for edge in edges}:
                _strike(self._callers, target, function)
            for target in _depended(edges):
                _strike(self._dependants, target, function)

    def enter(self, functions: Iterable[str]) -> None:
        """Put functions in as callers, after their edges changed."""
        for function in functions:
            self._enter(function)

    def _enter(self, function: str) -> None:
        edges = self.edges(function)
        for target in (
            {edge.target for edge in edges} if len(edges) > 1 else [e.target for e in edges]
        ):
            self._callers.setdefault(target, []).append(function)
        for target in _depended(edges):
            self._dependants.setdefault(target, []).append(function)


def _depended(edges: tuple[Edge, ...]) -> set[str]:
    return {edge.target for edge in edges if edge.how == DEPENDS}


def _strike(lists: dict[str, list[str]], target: str, function: str) -> None:
    known = lists[target]
    known.remove(function)
    if not known:
        del lists[target]
