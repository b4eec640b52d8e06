"""Gives `GZipMiddleware` a level: `compresslevel=5` behind its last argument."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Add the argument to the call at the span."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    call = place.node
    if not isinstance(call, ast.Call):
        return Refusal("No call stands here.")
    if any(item.arg in ("compresslevel", None) for item in call.keywords):
        return Refusal("The call has a level, or is given arguments nobody can see here.")
    if not call.args and not call.keywords:
        return Refusal("The call is given no application and no class.")
    return (keywords.added(place, call, ["compresslevel=5"]),)
