"""Whether following a function can come to anything: it gives something loaded, or reads relationships of some.

Told from facts, so that most functions are never parsed; says yes where facts leave it open.
"""

from __future__ import annotations

from collections.abc import Iterable

from unlag.project.index import Index
from unlag.project.links import DEPENDS
from unlag.rules.database._calls import may_query
from unlag.rules.database._lazy_names import loading_names
from unlag.rules.database._origins import OWN, Origins, origins_of, results_of, touched_by
from unlag.rules.database._statements import NARROWING, ROOTS
from unlag.rules.nearby import is_near

FURTHEST = 4
"""Calls behind one another that are followed."""


def can_be_loaded(index: Index, origins: Origins, handed: Iterable[str] = ()) -> bool:
    """Whether one of `origins` gives something loaded, where the parameters `handed` are."""
    given = {f"@{name}" for name in handed}
    return any(
        (origin in given or (origin[:1] != "@" and (origin == OWN or gives(index, origin))))
        and (not through or _passes(index, through))
        for origin, through in origins
    )


def can_be_own(index: Index, function_id: str, paths: Iterable[str]) -> bool:
    """Whether one of `paths` in a function can come from a statement that it begins itself."""
    return any(
        origin == OWN and (not through or _passes(index, through))
        for origin, through in origins_of(index, function_id, paths)
    )


def gives(index: Index, function_id: str) -> bool:
    """Whether a function can give back something loaded that it was not handed."""
    return index.recall(_gives, function_id)


def asks_for_all(index: Index, function_id: str) -> bool:
    """Whether a function, or one it runs, begins more statements than it filters or limits."""
    return index.recall(_asks_for_all, function_id)


def can_touch(index: Index, function_id: str, calls: int = FURTHEST) -> bool:
    """Whether a function, or one so many calls away, reads relationships of what it loads."""
    if not loading_names(index):
        return False
    return index.recall(_can_touch, function_id, calls)


def _gives(index: Index, function_id: str) -> bool:
    visited = {function_id}
    pending = [function_id]
    while pending:
        for origin, through in results_of(index, pending.pop()):
            if origin[:1] == "@" or (through and not _passes(index, through)):
                continue
            if origin == OWN:
                return True
            if origin not in visited:
                visited.add(origin)
                pending.append(origin)
    return False


def _asks_for_all(index: Index, function_id: str) -> bool:
    return is_near(
        index, function_id, lambda current, _: index.recall(_is_open, current), deepest=3
    )


def _is_open(index: Index, function_id: str) -> bool:
    """Whether a function itself begins more statements than it narrows."""
    entry, links = index.function(function_id), index.links.get(function_id)
    if entry is None or links is None:
        return False
    roots = [callee for callee in links.callees if callee.startswith(ROOTS)]
    begun = sum(callee.rpartition(".")[2] in ("select", "query") for callee in roots)
    if not begun:
        return False
    targets = {call.target for call in entry.facts.calls if "." in call.target}  # no builtin
    return begun > sum(target.rpartition(".")[2] in NARROWING for target in targets)


def _passes(index: Index, function_id: str) -> bool:
    """Whether a function can give back what it is handed, or something of it."""
    return index.recall(_is_passing, function_id)


def _is_passing(index: Index, function_id: str) -> bool:
    return any(origin[:1] == "@" for origin, _ in results_of(index, function_id))


def _can_touch(index: Index, function_id: str, calls: int) -> bool:
    if not may_query(index, function_id):
        return False
    if can_be_loaded(index, touched_by(index, function_id)):
        return True
    links = index.links.get(function_id) if calls else None
    return links is not None and any(
        edge.how != DEPENDS and can_touch(index, edge.target, calls - 1) for edge in links.edges
    )
