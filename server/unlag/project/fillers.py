"""Calls that run once, because they fill what the `if` around them found empty.

As in `if not self._rows: self._load()`, where `_load` sets `self._rows`. Looks at names alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from unlag.project.callables import CALLED
from unlag.project.resolver import Resolver
from unlag.project.table import FunctionEntry
from unlag.source import facts
from unlag.source.facts import Guard

if TYPE_CHECKING:
    from unlag.project.links import Edge


def once(resolver: Resolver, entry: FunctionEntry, edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """What a function runs of the project, marked where it fills what was found empty."""
    if not entry.facts.guards:
        return tuple(edges)
    return tuple(
        msgspec.structs.replace(edge, flags=(edge.flags | facts.ONCE) & ~facts.CONDITIONAL)
        if any(_fills(resolver, entry, guard, edge) for guard in entry.facts.guards)
        else edge
        for edge in edges
    )


def _fills(resolver: Resolver, entry: FunctionEntry, guard: Guard, edge: Edge) -> bool:
    """Whether a call sets the attribute of the object it is made in, or the global of the file."""
    is_inside = guard.line <= edge.line and edge.end_line <= guard.end_line
    if not is_inside or edge.how != CALLED or edge.through:
        return False
    called = resolver.function(edge.target)
    if called is None:
        return False
    _, dot, attribute = guard.path.partition(".")
    if not dot:
        bindings = called.facts.global_bindings if called.path == entry.path else ()
        return any(binding.name == guard.path for binding in bindings)
    is_method = bool(entry.facts.owner and called.facts.owner)
    return is_method and any(item.name == attribute for item in called.facts.self_bindings)
