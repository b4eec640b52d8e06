"""Gives `GZipMiddleware` a level: `compresslevel=5` behind its last argument."""

from __future__ import annotations

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Add the argument to the call at the span."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    if any(item.arg in ("compresslevel", None) for item in call.keywords):
        return Refusal("The call has a level, or is given arguments nobody can see here.")
    if not call.args and not call.keywords:
        return Refusal("The call is given no application and no class.")
    return (keywords.added(place, call, ["compresslevel=5"]),)
