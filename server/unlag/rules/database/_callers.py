"""Who calls a function, and whether that happens at every request.

Looks at calls only: a value that is kept between requests is for the rules to see.
"""

from __future__ import annotations

from unlag.project.callables import NEW_LOOP, PROCESS
from unlag.project.index import Index
from unlag.project.memoised import remembers
from unlag.source import facts

_MOST_FUNCTIONS = 200


def runs_every_time(index: Index, function_id: str) -> bool:
    """Whether a request can run the function each time anew, by a way that nothing remembers."""
    visited = {function_id}
    pending = [function_id]
    while pending and len(visited) < _MOST_FUNCTIONS:
        current = pending.pop()
        entry = index.function(current)
        if entry is None or remembers(entry.facts):
            continue
        if any(route.method for route in index.routes.by_function.get(current, ())):
            return True
        for caller, edge in index.callers_of(current):
            runs = edge.how not in (NEW_LOOP, PROCESS) and not edge.flags & facts.ONCE
            if runs and caller not in visited and index.graph.serves(caller):
                visited.add(caller)
                pending.append(caller)
    return False
