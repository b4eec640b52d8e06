"""Whether a function of the project may change anything in a database, by what it and its callees do."""

from __future__ import annotations

import re

from unlag.project.links import Edge
from unlag.rules.view import FunctionView

_CHANGES = frozenset(
    {"add", "add_all", "append", "bulk_create", "bulk_insert_mappings", "bulk_save_objects",
     "bulk_update_mappings", "clear", "create", "delete", "exec", "execute", "executemany", "extend", "flush",
     "insert", "merge", "on_conflict_do_update", "pop", "remove", "save", "setattr", "text", "update", "upsert"}
)  # fmt: skip
"""Methods and functions that change rows, or can."""
_SETS = re.compile(r"[\w\])]\.\w+(?:\s*:[^=]*)?\s*(?:[-+*/|&%]|//|\*\*)?=(?!=)")
_DECORATORS = "decorator"
_MOST_FUNCTIONS = 40


def is_around_reads(view: FunctionView, function_id: str, edge: Edge) -> bool:
    """Whether an edge of a function leads to what a decorator makes of one that changes nothing."""
    if not edge.through.startswith(_DECORATORS):
        return False
    if edge.through == _DECORATORS:  # the function's own
        return not may_write(view, function_id)
    links = view.index.links.get(function_id)
    decorated = [
        other.target
        for other in (links.edges if links is not None else ())
        if not other.through and (other.line, other.column) == (edge.line, edge.column)
    ]
    return bool(decorated) and not any(may_write(view, target) for target in decorated)


def may_write(view: FunctionView, function_id: str) -> bool:
    """Whether a function, or one of the project that it calls, sets an attribute or may change rows."""
    key = (may_write, function_id)
    return view.index.remember(key, lambda: _searched(view, function_id))


def _searched(view: FunctionView, function_id: str) -> bool:
    pending, visited = [function_id], {function_id}
    while pending:
        current = pending.pop()
        entry, links = view.index.function(current), view.index.links.get(current)
        if entry is None or links is None or len(visited) > _MOST_FUNCTIONS:
            return True
        if any(call.target.rpartition(".")[2] in _CHANGES for call in entry.facts.calls):
            return True
        if any(map(_SETS.search, view.index.lines_in(entry))):
            return True
        for edge in links.edges:
            if edge.target not in visited and not edge.through.startswith(_DECORATORS):
                visited.add(edge.target)
                pending.append(edge.target)
    return False
