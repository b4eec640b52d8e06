"""Who calls a function, and whether that happens at every request.

Looks at calls only: a value that is kept between requests is for the rules to see.
"""

from __future__ import annotations

from collections.abc import Mapping

from unlag.project.callables import NEW_LOOP, PROCESS
from unlag.project.index import Index
from unlag.project.links import Edge, remembers
from unlag.source import facts

_MOST_FUNCTIONS = 200


def callers(index: Index) -> Mapping[str, list[tuple[str, Edge]]]:
    """Function -> the functions that run it, each with the place where it does."""
    known: dict[str, list[tuple[str, Edge]]] | None = index.remembered.get(callers)
    if known is None:
        known = index.remembered[callers] = {}
        for function_id, links in index.links.items():
            for edge in (*links.edges, *index.routes.edges.get(function_id, ())):
                known.setdefault(edge.target, []).append((function_id, edge))
    return known


def runs_every_time(index: Index, function_id: str) -> bool:
    """Whether a request can run the function each time anew, by a way that nothing remembers."""
    by_target = callers(index)
    visited = {function_id}
    pending = [function_id]
    while pending and len(visited) < _MOST_FUNCTIONS:
        current = pending.pop()
        entry = index.function(current)
        if entry is None or remembers(entry.facts):
            continue
        if any(route.method for route in index.routes.by_function.get(current, ())):
            return True
        for caller, edge in by_target.get(current, ()):
            runs = edge.how not in (NEW_LOOP, PROCESS) and not edge.flags & facts.ONCE
            if runs and caller not in visited and index.graph.serves(caller):
                visited.add(caller)
                pending.append(caller)
    return False
