"""Looks around a function: whether it, or what it runs within a few steps, is what somebody looks for."""

from __future__ import annotations

from collections.abc import Callable

from unlag.project.callables import CALLED
from unlag.project.index import Index
from unlag.project.links import DEPENDS, Edge, Links

_DEEPEST = 5
_MOST_FUNCTIONS = 60

Wanted = Callable[[str, Links], bool]
"""Told a function's id and its links."""


def is_near(index: Index, function_id: str, wanted: Wanted, deepest: int = _DEEPEST) -> bool:
    """Whether a function, or one it runs by any way of a few steps, is wanted; dependencies are apart."""
    return _is_near(
        index, function_id, wanted, deepest, lambda edge: edge.how != DEPENDS, _MOST_FUNCTIONS
    )


def is_called_near(index: Index, function_id: str, wanted: Wanted, deepest: int = _DEEPEST) -> bool:
    """Whether a function, or one it comes to by calls of plain functions alone, is wanted: one thread runs them all."""

    def is_followed(edge: Edge) -> bool:
        return edge.how == CALLED and not index.is_async(edge.target)

    return _is_near(index, function_id, wanted, deepest, is_followed, None)


def _is_near(
    index: Index,
    function_id: str,
    wanted: Wanted,
    deepest: int,
    is_followed: Callable[[Edge], bool],
    most: int | None,
) -> bool:
    """`deepest` functions of a way are looked at, the first included, and `most` so far from it, None for all."""
    visited = {function_id}
    around = [function_id]
    for _ in range(deepest):
        further: list[str] = []
        for current in around:
            links = index.links.get(current)
            if links is None:
                continue
            if wanted(current, links):
                return True
            for edge in links.edges:
                if edge.target not in visited and is_followed(edge):
                    visited.add(edge.target)
                    further.append(edge.target)
        around = further[:most]
    return False


def calls_near(index: Index, function_id: str, is_wanted: Callable[[str], bool]) -> bool:
    """Whether a function, or one it runs by any way of a few steps, calls something wanted, by its name."""
    return is_near(index, function_id, lambda _, links: any(map(is_wanted, links.callees)))
