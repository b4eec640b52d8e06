"""Every statement that a route can come to, for `unlag endpoints --queries`.

Follows all calls, also those in branches: it says what can be asked, not what is asked each time.
"""

from __future__ import annotations

from collections import deque

import msgspec

from unlag.project.callables import NEW_LOOP, PROCESS
from unlag.project.index import Index
from unlag.rules.database._calls import query_of
from unlag.source import facts

_MOST_FUNCTIONS = 300


class Query(msgspec.Struct, frozen=True, order=True):
    """One place that sends a statement."""

    path: str
    line: int
    function: str
    """Qualified name of the function it stands in."""
    call: str
    """Public name of the call: `sqlalchemy.orm.Session.scalars`."""
    is_in_loop: bool
    """Whether it, or a call on the way to it, stands in a loop or comprehension."""


def queries_of(index: Index, function_id: str) -> tuple[Query, ...]:
    """The statements that a function and what runs for it can send, dependencies included."""
    found: dict[Query, None] = {}
    pending: deque[tuple[str, bool]] = deque([(function_id, False)])
    visited: set[tuple[str, bool]] = set()
    while pending and len(visited) < _MOST_FUNCTIONS:
        current, is_repeated = pending.popleft()
        entry, links = index.function(current), index.links.get(current)
        if entry is None or links is None or (current, is_repeated) in visited:
            continue
        visited.add((current, is_repeated))
        path, _, qualname = current.rpartition(":")
        for call, callee in zip(entry.facts.calls, links.callees, strict=True):
            name = query_of(index.knowledge, callee)
            if name:
                in_loop = is_repeated or bool(call.flags & facts.IN_LOOP)
                found[Query(path, call.line + entry.offset, qualname, name, in_loop)] = None
        for edge in (*links.edges, *index.routes.edges.get(current, ())):
            if edge.how not in (NEW_LOOP, PROCESS):
                repeats = is_repeated or bool(edge.flags & facts.IN_LOOP)
                pending.append((edge.target, repeats))
    looped = {(query.path, query.line, query.call) for query in found if query.is_in_loop}
    return tuple(
        sorted(
            query
            for query in found
            if query.is_in_loop or (query.path, query.line, query.call) not in looped
        )
    )
