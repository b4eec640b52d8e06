"""Where the body of a generator runs: where somebody goes through what the call of it gives."""

from __future__ import annotations

from unlag.project.callables import CALLED, THREAD
from unlag.source import facts
from unlag.source.facts import Call, FunctionFacts, is_inside
from unlag.source.paths import root

_CONSUMING = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sum", "any", "all", "min", "max", "sorted",
     "next", "join", "extend", "update", "writelines", "enumerate", "zip", "map", "filter",
     "islice", "chain", "Counter", "deque"}
)  # fmt: skip
_STREAMING = frozenset({"StreamingResponse", "EventSourceResponse", "iterate_in_threadpool"})


def iteration(item: FunctionFacts, call: Call) -> int:
    """How the generator that `call` makes in `item` is run (bits); 0 where nobody is seen to run it."""
    if call.flags & (facts.ITERATED | facts.YIELDED):
        return CALLED
    if call.flags & facts.ASSIGNED:
        return CALLED if _is_gone_through(item, call) else 0
    if call.flags & facts.ARGUMENT:
        around = [outer for outer in item.calls if is_inside(call, outer)]
        tail = around[-1].target.rpartition(".")[2] if around else ""
        return THREAD if tail in _STREAMING else CALLED if tail in _CONSUMING else 0
    return 0


def _is_gone_through(item: FunctionFacts, call: Call) -> bool:
    """Whether a loop, or something that uses up what it is given, goes through the name `call` is given."""
    made = {
        binding.name
        for binding in item.bindings
        if binding.line == call.line and root(call.target) != binding.name
    }  # `found = found.sort()` goes on with what was made before
    if not made:
        return False
    for binding in item.bindings:
        name, loop, _ = binding.path.partition(".for")
        if loop and name in made:
            return True
    return any(
        other.target.rpartition(".")[2] in _CONSUMING and not made.isdisjoint(other.arguments)
        for other in item.calls
    )
