"""Where functions run, and what they reach: worked out over all linked calls, then kept up to date.

The door to `contexts` and `reaches`. What an edit leaves is what a run from scratch gives: lengths have
one solution, and among ways of one length the first in the text is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

import msgspec

from unlag.project.calls import Calls
from unlag.project.contexts import (
    CONTEXTS,
    IMPORT,
    ON_LOOP,
    REQUEST,
    SCRIPT,
    SERVING,
    STARTUP,
    TASK,
    THREAD_POOL,
    WORKER,
    Contexts,
    Node,
    bits_of,
)
from unlag.project.links import Edge, Links
from unlag.project.reaches import CATEGORIES, Reach, Reaches, category_of

__all__ = (
    "CATEGORIES", "IMPORT", "ON_LOOP", "REQUEST", "SCRIPT", "SERVING", "STARTUP", "TASK", "THREAD_POOL",
    "WORKER", "Graph", "Reach", "category_of",
)  # fmt: skip

_ON_LOOP = bits_of(ON_LOOP)
_SERVING = bits_of(SERVING)
_NOTHING: frozenset[str] = frozenset()


class Edit(msgspec.Struct, frozen=True):
    """What is to be taken in."""

    links: Mapping[str, Links | None]
    """Functions that lead elsewhere than before; None: gone."""
    extra: Mapping[str, tuple[Edge, ...]]
    """All the edges that belong to routers."""
    flipped: frozenset[str]
    """Functions that came, went, or changed between `def` and `async def`."""
    coroutines: frozenset[str]
    """Those of them that are coroutines now."""
    seeds: Mapping[str, int]
    """As `seeds_of` gives them; the same object where they are the same."""


class Moves(msgspec.Struct, frozen=True):
    """The functions that an edit concerns."""

    contexts: Set[str]
    """Those that run elsewhere."""
    reaches: Mapping[str, Set[str]]
    """Category -> those whose way to a hazard may be another."""
    callers: Set[str]
    """Those that are run by others, or otherwise."""


NOTHING = Moves(frozenset(), {}, frozenset())


class Lengths(msgspec.Struct, frozen=True):
    """All that is worked out over the calls."""

    contexts: Mapping[Node, int]
    reaches: Mapping[str, Mapping[str, int]]
    """By category."""


class Graph:
    """Contexts of every reached function and hazards reached from every plain one."""

    def __init__(
        self, calls: Calls, seeds: Mapping[str, int], known: Lengths | None = None
    ) -> None:
        """`known` are the lengths that were worked out of these calls before."""
        self.calls = calls
        self._contexts = Contexts(calls)
        self._reaches: Mapping[str, Reaches]
        if known is None:
            self._work_out(calls, seeds)
        else:
            self._contexts.restore(seeds, known.contexts)
            self._reaches = {
                category: Reaches(calls, category, known.reaches[category])
                for category in CATEGORIES
            }

    @property
    def lengths(self) -> Lengths:
        """What is worked out, for who goes on from there with the same calls."""
        ways = {category: reaches.lengths for category, reaches in self._reaches.items()}
        return Lengths(self._contexts.lengths, ways)

    def _work_out(self, calls: Calls, seeds: Mapping[str, int]) -> None:
        self._contexts.start(seeds)
        holding: dict[str, dict[str, None]] = {category: {} for category in CATEGORIES}
        for function, links in calls.links.items():
            for hazard in links.hazards:
                holding[category_of(hazard)][function] = None
        self._reaches = {category: Reaches(calls, category) for category in CATEGORIES}
        for category, functions in holding.items():
            self._reaches[category].settle(functions)

    def contexts_of(self, function: str) -> tuple[str, ...]:
        """Where a function runs."""
        bits = self._contexts.bits.get(function, 0)
        return tuple(name for place, name in enumerate(CONTEXTS) if bits >> place & 1)

    def serves(self, function: str) -> bool:
        """Whether a function runs while a request is served, wherever."""
        return bool(self._contexts.bits.get(function, 0) & _SERVING)

    def runs_on_loop(self, function: str) -> bool:
        """Whether a function runs on an event loop that serves requests."""
        return bool(self._contexts.bits.get(function, 0) & _ON_LOOP)

    def above(self, function: str, context: str) -> tuple[str, str] | None:
        """The function, and its context, through which one is reached in a context in the fewest steps."""
        return self._contexts.above(function, context)

    def reach(self, function: str, category: str) -> Reach | None:
        """The surest way from a plain function to a hazard of a category."""
        return self._reaches[category].reach(function)

    def does_reach(self, function: str, category: str) -> bool:
        """Whether there is such a way."""
        return function in self._reaches[category]

    def reached_by(self, function: str) -> frozenset[str]:
        """The categories of hazards that there is such a way to."""
        found = [name for name, known in self._reaches.items() if function in known]
        return frozenset(found) if found else _NOTHING

    def reaching(self, category: str) -> Iterator[str]:
        """The plain functions that reach a hazard of a category."""
        return iter(self._reaches[category])

    def follow(self, edit: Edit) -> Moves:
        """Take in an edit; says which functions it concerns."""
        calls = self.calls
        functions = self._concerned(edit)
        contexts, runs = self._contexts.offers_of(functions), _runs(calls, functions)
        calls.leave(functions)
        for function, links in edit.links.items():
            if links is None:
                del calls.links[function]
            else:
                calls.links[function] = links
        calls.extra = edit.extra
        calls.coroutines -= edit.flipped  # the very set, which others look at
        calls.coroutines |= edit.coroutines
        calls.enter(functions)
        offers = self._contexts.offers_of(functions)
        moved = self._contexts.follow(contexts, offers, edit.seeds)
        return Moves(
            moved,
            {name: reaches.settle(functions) for name, reaches in self._reaches.items()},
            {target for _, target, _, _ in runs ^ _runs(calls, functions)},
        )

    def _concerned(self, edit: Edit) -> set[str]:
        """The functions whose edges an edit gives another meaning."""
        before, after = self.calls.extra, edit.extra
        functions = {*edit.links, *edit.flipped}
        if before is not after:
            keys = before.keys() | after.keys()
            functions.update(key for key in keys if before.get(key) != after.get(key))
        for function in edit.flipped:
            functions.update(self.calls.callers(function))
        return functions


def _runs(calls: Calls, functions: Iterable[str]) -> set[tuple[str, str, int, int]]:
    return {
        (function, edge.target, edge.how, edge.flags)
        for function in functions
        for edge in calls.edges(function)
    }


def seeds_of(entries: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Function -> the contexts it is entered in, from the functions that each context starts from."""
    seeds: dict[str, int] = {}
    for context, functions in entries.items():
        bits = bits_of((context,))
        for function in functions:
            seeds[function] = seeds.get(function, 0) | bits
    return seeds
