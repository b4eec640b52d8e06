"""Gives a database engine a pool of its own size."""

from __future__ import annotations

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree

_NAMES = ("pool_size", "max_overflow")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The arguments: how many connections the pool keeps, and how many more it opens."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    given = {word.arg for word in call.keywords}
    if not given.isdisjoint((*_NAMES, "poolclass", None)):
        return Refusal("The engine has a pool of its own already.")
    words = [f"{name}={size}" for name, size in zip(_NAMES, request.arguments, strict=True)]
    return (keywords.added(place, call, words),)
