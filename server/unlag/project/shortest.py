"""Shortest ways that are kept up to date: only what a change moves is worked out again.

The algorithm of Ramalingam and Reps (1996) for changed graphs: a node whose length and the best its
inputs offer differ is put right, the smallest first. From no lengths at all it is Dijkstra's. The
lengths that come out are those of a run from scratch: there is one solution only, since every step
is longer than nothing. Knows nothing of functions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, MutableMapping
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

Node = TypeVar("Node", bound=Hashable)


class Ways(Protocol[Node]):
    """The graph: what leads to a node and where it leads on."""

    def best(self, node: Node, floor: int) -> int | None:
        """The least that a node's inputs offer as their lengths are; may stop at `floor`."""

    def offers(self, node: Node, length: int) -> Iterable[tuple[Node, int]]:
        """What a node of that length offers to others."""


def settle(
    lengths: MutableMapping[Node, int],
    ways: Ways[Node],
    suspects: Iterable[Node],
) -> dict[Node, int | None]:
    """Put `lengths` right where only the inputs of `suspects` changed; gives what they were before."""
    run = _Run(lengths, ways)
    for node in suspects:
        run.look(node)
    run.work()
    return {node: length for node, length in run.before.items() if lengths.get(node) != length}


class _Run(Generic[Node]):
    __slots__ = ("_count", "_heap", "_lengths", "_wanted", "_ways", "before")

    def __init__(self, lengths: MutableMapping[Node, int], ways: Ways[Node]) -> None:
        self._lengths = lengths
        self._ways = ways
        self._wanted: dict[Node, int | None] = {}
        """The best that the inputs of a node offer, where it may differ from its length."""
        self._heap: list[tuple[int, int, Node]] = []
        self._count = 0
        self.before: dict[Node, int | None] = {}

    def look(self, node: Node, floor: int = -1) -> None:
        """Ask again what the inputs of a node offer; they offer no less than `floor`."""
        self._want(node, self._ways.best(node, floor))

    def _want(self, node: Node, best: int | None) -> None:
        length = self._lengths.get(node)
        if best == length:
            self._wanted.pop(node, None)
            return
        self._wanted[node] = best
        self._count += 1
        heappush(self._heap, (_least(best, length), self._count, node))

    def work(self) -> None:
        """Put right every node whose length is not the best that it is offered."""
        while self._heap:
            least, _, node = heappop(self._heap)
            if node not in self._wanted:
                continue
            best, length = self._wanted[node], self._lengths.get(node)
            if least != _least(best, length):
                continue  # it was put in again with another best
            self.before.setdefault(node, length)
            if best is not None and (length is None or best < length):
                self._lower(node, best)
            elif length is not None:
                self._raise(node, best, length)

    def _lower(self, node: Node, best: int) -> None:
        self._lengths[node] = best
        del self._wanted[node]
        for other, offer in self._ways.offers(node, best):
            known = self._known(other)
            if known is None or offer < known:
                self._want(other, offer)

    def _raise(self, node: Node, best: int | None, length: int) -> None:
        del self._lengths[node]
        self._want(node, best)
        for other, offer in self._ways.offers(node, length):
            if self._known(other) == offer:
                self.look(other, offer)

    def _known(self, node: Node) -> int | None:
        return self._wanted[node] if node in self._wanted else self._lengths.get(node)


def _least(best: int | None, length: int | None) -> int:
    return min(item for item in (best, length) if item is not None)
