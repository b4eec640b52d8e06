"""Functions that keep what they gave, and run no more."""

from __future__ import annotations

from unlag.source import facts

MEMOISING = frozenset(
    {"lru_cache", "cache", "cached", "cached_property", "cachedmethod", "memoize", "alru_cache",
     "ttl_cache"}
)  # fmt: skip
"""Last names of the decorators that do so."""


def remembers(function: facts.FunctionFacts) -> bool:
    """Whether a decorator keeps what the function gave, and runs it no more."""
    if not function.decorators:
        return False  # as most have none
    return any(item.target.rpartition(".")[2] in MEMOISING for item in function.decorators)


def once_of(function: facts.FunctionFacts) -> int:
    """The flag ONCE for a function that remembers, else no flag."""
    return facts.ONCE if remembers(function) else 0
