"""Locks of files that are held for a moment: while a file is read or written, and for nothing slower.

Who takes it holds it, or, where a context manager or a helper takes it for others, each of its callers.
"""

from __future__ import annotations

from unlag.project.index import Index
from unlag.project.links import Edge, Hazard
from unlag.rules.event_loop._boundaries import Boundary
from unlag.rules.event_loop._waiting import ENTER, FILE_LOCKS
from unlag.rules.nearby import is_called_near
from unlag.source import facts
from unlag.source.facts import FunctionFacts

_LIBRARIES = ("filelock.", "portalocker.")
_SLOW = frozenset({"network", "process", "sleep", "database", "input", "wait"})
_GIVING = frozenset(name.rpartition(".")[2] for name in FILE_LOCKS)
_MOST_HOLDERS = 60


def is_held_briefly(index: Index, boundary: Boundary) -> bool:
    """Whether a helper waits for the lock of a file that nobody holds while waiting for anything but files."""
    if not is_file_lock(boundary.hazard):
        return False
    last = boundary.trail[-1]
    taker = f"{last.path}:{last.function}"
    return index.recall(_is_held_briefly, taker, boundary.hazard.name.endswith(ENTER))


def is_file_lock(hazard: Hazard) -> bool:
    """Whether a wait is one for the lock of a file."""
    return hazard.name in FILE_LOCKS or hazard.name.startswith(_LIBRARIES)


def _is_held_briefly(index: Index, taker: str, is_block: bool) -> bool:
    pending = [taker]
    holders = {taker}
    while pending and len(holders) < _MOST_HOLDERS:
        current = pending.pop()
        entry = index.function(current)
        if entry is None or _waits_for_more(index, current):
            return False
        takes_for_others = current == taker and not is_block and not _gives_back(entry.facts)
        if not takes_for_others and not entry.facts.flags & facts.GENERATOR:
            continue
        for caller, edge in index.callers_of(current):
            holder = index.function(caller)
            if holder is None or (holder.facts.is_async and _awaits_in(holder.facts, edge)):
                return False
            if caller not in holders and not holder.facts.is_async:
                holders.add(caller)
                pending.append(caller)
    return not pending


def _gives_back(item: FunctionFacts) -> bool:
    """Whether a function lets the lock go that it takes."""
    return any(
        call.target.rpartition(".")[2] in _GIVING and "LOCK_UN" in (call.argument(1) or "")
        for call in item.calls
    )


def _awaits_in(holder: FunctionFacts, edge: Edge) -> bool:
    """Whether a coroutine awaits in the block that it enters by a call; anywhere, where it enters none."""
    if edge.through != "context manager":
        return bool(holder.flags & facts.AWAITS)
    return any(block.awaits for block in holder.blocks if block.line == edge.line)


def _waits_for_more(index: Index, function_id: str) -> bool:
    """Whether a function comes, through plain functions, to a call that waits for more than the disk."""
    return is_called_near(index, function_id, lambda _, links: any(map(_is_slow, links.hazards)))


def _is_slow(hazard: Hazard) -> bool:
    is_retried = hazard.cost == "sleep" and hazard.flags & facts.IN_EXCEPT
    return hazard.cost in _SLOW and not is_retried and not is_file_lock(hazard)
