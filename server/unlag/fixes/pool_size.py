"""Gives a database engine a pool of its own size."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree

_NAMES = ("pool_size", "max_overflow")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The arguments: how many connections the pool keeps, and how many more it opens."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    call = place.node
    if not isinstance(call, ast.Call):
        return Refusal("No call stands where the finding was reported.")
    given = {word.arg for word in call.keywords}
    if not given.isdisjoint((*_NAMES, "poolclass", None)):
        return Refusal("The engine has a pool of its own already.")
    words = [f"{name}={size}" for name, size in zip(_NAMES, request.arguments, strict=True)]
    return (keywords.added(place, call, words),)
