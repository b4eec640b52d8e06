"""Where functions run: from the entry points along the calls, through threads, tasks and processes.

Lengths are in steps from the nearest entry point; kept up to date by `shortest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from unlag.project.callables import CALLED, LATER, NEW_LOOP, PROCESS, THREAD, TO_LOOP
from unlag.project.calls import Calls
from unlag.project.links import DEPENDS
from unlag.project.shortest import settle
from unlag.source.facts import MAIN_GUARD

REQUEST = "event loop"
TASK = "long-lived task"
STARTUP = "start-up"
THREAD_POOL = "thread pool"
WORKER = "worker process"
SCRIPT = "script"
IMPORT = "import"
"""What modules run when they are imported: before any loop, or once."""

CONTEXTS = (REQUEST, TASK, STARTUP, THREAD_POOL, WORKER, SCRIPT, IMPORT)
ON_LOOP = (REQUEST, TASK)
SERVING = (REQUEST, TASK, THREAD_POOL)
_LOOPS = (REQUEST, TASK, STARTUP)

Node: TypeAlias = tuple[str, int]
"""A function and the place of a context in `CONTEXTS`."""


def bits_of(contexts: Iterable[str]) -> int:
    """A set of contexts as one number."""
    return sum(1 << CONTEXTS.index(name) for name in contexts)


def _context_after(name: str, how: int, from_async: bool, to_async: bool) -> str:
    """The context in which an edge runs its target, or empty where it does not run it."""
    if how == CALLED:
        if to_async and not from_async and name not in _LOOPS:
            return ""
        return name
    if how == DEPENDS:
        return REQUEST if to_async else THREAD_POOL
    if how == THREAD:
        return "" if to_async else _off_loop(name, THREAD_POOL)
    if how == PROCESS:
        return _off_loop(name, WORKER)
    if how == LATER:
        return TASK if name == STARTUP and to_async else name
    if how == TO_LOOP:
        return REQUEST if name == THREAD_POOL else name
    if how == NEW_LOOP:
        return name if name in (SCRIPT, WORKER, THREAD_POOL, IMPORT) else ""
    return ""


def _off_loop(name: str, context: str) -> str:
    return name if name in (SCRIPT, WORKER, IMPORT) else context


def _places(how: int, from_async: bool, to_async: bool) -> tuple[int, ...]:
    after = (_context_after(name, how, from_async, to_async) for name in CONTEXTS)
    return tuple(CONTEXTS.index(name) if name else -1 for name in after)


_HOWS = (CALLED, THREAD, PROCESS, LATER, TO_LOOP, NEW_LOOP, DEPENDS)
_AFTER = {
    (how, from_async, to_async): _places(how, from_async, to_async)
    for how in _HOWS
    for from_async in (False, True)
    for to_async in (False, True)
}
"""Kind of edge, and whether its ends are coroutines -> for each context the one it leads to, or -1."""
_IMPORT, _SCRIPT = CONTEXTS.index(IMPORT), CONTEXTS.index(SCRIPT)


def _started(place: int, guard: int) -> int:
    """The context of a line in a function of a context: nothing that is imported comes past the guard of a script."""
    return _SCRIPT if guard and place == _IMPORT else place


class Contexts:
    """In which contexts each function runs."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._seeds: Mapping[str, int] = {}
        self._lengths: dict[Node, int] = {}
        self.bits: dict[str, int] = {}
        """Function -> its contexts as one number."""

    def start(self, seeds: Mapping[str, int]) -> None:
        """Work everything out from the functions that are entered, and the contexts they are entered in."""
        self._seeds = seeds
        lengths = self._lengths = {}
        nearest = [node for function, bits in seeds.items() for node in _nodes(function, bits)]
        length = 0
        while nearest:  # every step is as long as any other: one distance after the other
            fresh = {node: length for node in nearest if node not in lengths}
            lengths.update(fresh)
            nearest = [node for known in fresh for node, _ in self.offers(known, length)]
            length += 1
        self._run()

    @property
    def lengths(self) -> Mapping[Node, int]:
        """The fewest steps in which functions are reached in the contexts that they run in."""
        return self._lengths

    def restore(self, seeds: Mapping[str, int], lengths: Mapping[Node, int]) -> None:
        """Take what `start` worked out, or what became of it, for known."""
        self._seeds, self._lengths = seeds, dict(lengths)
        self._run()

    def _run(self) -> None:
        for function, place in self._lengths:
            self.bits[function] = self.bits.get(function, 0) | 1 << place

    def offers_of(self, functions: Iterable[str]) -> set[tuple[str, Node, int]]:
        """What functions offer to those they run, as edges and lengths are now."""
        return {
            (function, node, offer)
            for function in functions
            for place in range(len(CONTEXTS))
            if (length := self._lengths.get((function, place))) is not None
            for node, offer in self.offers((function, place), length)
        }

    def follow(
        self,
        before: set[tuple[str, Node, int]],
        after: set[tuple[str, Node, int]],
        seeds: Mapping[str, int],
    ) -> set[str]:
        """Take in that some functions offer something else; the functions that run elsewhere now."""
        lengths = self._lengths
        suspects = {node for _, node, offer in before - after if lengths.get(node) == offer}
        for _, node, offer in after - before:
            length = lengths.get(node)
            if length is None or offer < length:
                suspects.add(node)
        for function in seeds.keys() | self._seeds.keys() if seeds is not self._seeds else ():
            moved = seeds.get(function, 0) ^ self._seeds.get(function, 0)
            suspects.update(_nodes(function, moved))
        self._seeds = seeds
        return self._settle(suspects)

    def _settle(self, suspects: Iterable[Node]) -> set[str]:
        moved: set[str] = set()
        for node, length in settle(self._lengths, self, suspects).items():
            function, place = node
            if length is None or node not in self._lengths:
                moved.add(function)
                bits = self.bits.pop(function, 0) ^ (1 << place)
                if bits:
                    self.bits[function] = bits
        return moved

    # -- the graph as `shortest` sees it

    def best(self, node: Node, floor: int) -> int | None:
        """The fewest steps in which a function is reached in a context."""
        function, wanted = node
        if self._seeds.get(function, 0) >> wanted & 1:
            return 0
        calls, lengths = self._calls, self._lengths
        to_async = function in calls.coroutines
        best: int | None = None
        for caller in calls.callers(function):
            from_async = caller in calls.coroutines
            for how, guard in {
                (edge.how, edge.flags & MAIN_GUARD)
                for edge in calls.edges(caller)
                if edge.target == function
            }:
                after = _AFTER[how, from_async, to_async]
                for place in range(len(CONTEXTS)):
                    leads = after[_started(place, guard)] == wanted
                    length = lengths.get((caller, place)) if leads else None
                    if length is not None and (best is None or length + 1 < best):
                        best = length + 1
            if best == floor:
                break
        return best

    def offers(self, node: Node, length: int) -> Iterator[tuple[Node, int]]:
        """What a function that runs in a context runs itself, and where."""
        function, place = node
        coroutines = self._calls.coroutines
        from_async = function in coroutines
        for edge in self._calls.edges(function):
            start = _started(place, edge.flags & MAIN_GUARD)
            after = _AFTER[edge.how, from_async, edge.target in coroutines][start]
            if after >= 0:
                yield (edge.target, after), length + 1

    def above(self, function: str, context: str) -> tuple[str, str] | None:
        """The function, and its context, through which one is reached in a context in the fewest steps."""
        node = (function, CONTEXTS.index(context))
        length = self._lengths.get(node)
        if not length:
            return None
        found = [
            (caller, place)
            for caller in self._calls.callers(function)
            for place in range(len(CONTEXTS))
            if self._lengths.get((caller, place)) == length - 1
            and (node, length) in self.offers((caller, place), length - 1)
        ]
        caller, place = min(found)
        return caller, CONTEXTS[place]


def _nodes(function: str, bits: int) -> Iterator[Node]:
    return ((function, place) for place in range(len(CONTEXTS)) if bits >> place & 1)
