"""Replaces a functools cache above a coroutine function by `alru_cache`, which keeps the result.

The package `async_lru` has to be installed; that is for the title to say.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import member
from unlag.fixes.names import meaning


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Rename the decorator at the span, and import what it then is."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    callee = place.node.func if isinstance(place.node, ast.Call) else place.node
    if not isinstance(place.parent, ast.AsyncFunctionDef):
        return Refusal("The cache stands above no coroutine function.")
    cache = meaning(place, callee)
    if cache not in ("functools.lru_cache", "functools.cache"):
        return Refusal("The decorator is no cache of `functools`.")
    found = member(place, "async_lru", "alru_cache")
    if found is None:
        return Refusal("`alru_cache` means something else in this module.")
    written = found.name if cache == "functools.lru_cache" else f"{found.name}(maxsize=None)"
    edit = Edit(place.path, place.span(callee), written)
    return ordered((*found.edits, edit))
