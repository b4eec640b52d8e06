"""Whether leaving a `with` block waits for work that was handed over in it and that nobody waited for."""

from __future__ import annotations

from unlag.project.call_sites import called_name
from unlag.project.callables import CALLED
from unlag.project.generators import Iterations
from unlag.source.facts import Block, Call, FunctionFacts

_HANDING = frozenset({"submit", "map"})
_WAITING = frozenset(
    {"result", "exception", "done", "as_completed", "wait", "wrap_future", "gather"}
)


def waits_at_end(item: FunctionFacts, iterations: Iterations, site: Call | Block) -> bool:
    """Whether the pool that `site` enters is handed work which is left to the end of its block.

    Not where the block awaits, which may be for that work, and not where a future is asked or waited for.
    """
    name = _name_of(item, site)
    if not name or any(block.awaits for block in item.blocks if block.line == site.line):
        return False
    handing = [
        call
        for call in item.calls
        if call.line >= site.line
        and call.target.rpartition(".")[0] == name
        and called_name(call) in _HANDING
    ]
    if not handing or any(called_name(call) in _WAITING for call in item.calls):
        return False
    return not any(called_name(call) == "map" and iterations.of(call) & CALLED for call in handing)


def _name_of(item: FunctionFacts, site: Call | Block) -> str:
    """What the block calls the pool; empty where it gives it no name."""
    if isinstance(site, Block):
        return site.path
    made = f"{site.target}().with"
    for binding in item.bindings:
        if binding.path == made and site.line <= binding.line <= site.end_line:
            return binding.name
    return ""
