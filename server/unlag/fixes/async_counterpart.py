"""Replaces a blocking call by its asynchronous counterpart, in the shape the knowledge names.

Each shape refuses what it cannot write with the same behaviour; offloading stays possible there.
"""

from __future__ import annotations

import importlib

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import obstacle

_SHAPES = {
    "same-arguments": "unlag.fixes.same_arguments",
    "httpx-client": "unlag.fixes.httpx_client",
    "anyio-path": "unlag.fixes.anyio_path",
    "aiofiles-open": "unlag.fixes.aiofiles_open",
    "subprocess-exec": "unlag.fixes.subprocess_exec",
}


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Rewrite the call at the span; `arguments` are callee, counterpart and shape."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    callee, counterpart, shape = request.arguments
    reason = obstacle(place)
    if reason:
        return Refusal(reason)
    counterpart = counterpart.replace("{member}", callee.rpartition(".")[2])
    made: tuple[Edit, ...] | Refusal = importlib.import_module(_SHAPES[shape]).rewrite(
        place, callee, counterpart
    )
    return made
