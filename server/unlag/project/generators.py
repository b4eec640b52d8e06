"""Where the body of a generator runs: where somebody goes through what the call of it gives."""

from __future__ import annotations

from collections.abc import Iterator

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
_TAKING = _CONSUMING | _STREAMING


class Iterations:
    """Answers for the calls of one function; looks through the function once, and only if it is asked."""

    __slots__ = ("_gone_through", "_item", "_made", "_using_up")

    def __init__(self, item: FunctionFacts) -> None:
        self._item = item
        self._gone_through: frozenset[str] | None = None
        self._made: dict[int, list[str]] = {}
        self._using_up: list[Call] | None = None

    def of(self, call: Call) -> int:
        """How the generator that `call` makes is run (bits); 0 where nobody is seen to run it."""
        flags = call.flags
        if flags & (facts.ITERATED | facts.YIELDED):
            return CALLED
        if flags & facts.ASSIGNED:
            return CALLED if self._is_gone_through(call) else 0
        return self._handed_to(call) if flags & facts.ARGUMENT else 0

    def _handed_to(self, call: Call) -> int:
        if self._using_up is None:
            self._using_up = [outer for outer in self._item.calls if _last(outer) in _TAKING]
        if not self._using_up or not any(is_inside(call, outer) for outer in self._using_up):
            return 0
        around = [outer for outer in self._item.calls if is_inside(call, outer)]
        tail = _last(around[-1])
        return THREAD if tail in _STREAMING else CALLED if tail in _CONSUMING else 0

    def _is_gone_through(self, call: Call) -> bool:
        """Whether a loop, or something that uses up what it is given, goes through the name `call` is given."""
        names = self._gone_through
        if names is None:
            names = self._gone_through = frozenset(self._names())
            for binding in self._item.bindings:
                if binding.name in names:
                    self._made.setdefault(binding.line, []).append(binding.name)
        # `found = found.sort()` goes on with what was made before
        return bool(names) and any(
            name != root(call.target) for name in self._made.get(call.line, ())
        )

    def _names(self) -> Iterator[str]:
        """The names that the function goes through."""
        for binding in self._item.bindings:
            if ".for" in binding.path:
                yield binding.path.partition(".for")[0]
        for call in self._item.calls:
            if call.arguments and _last(call) in _CONSUMING:
                yield from call.arguments


def _last(call: Call) -> str:
    """The last name of what is called."""
    target = call.target
    return target[target.rfind(".") + 1 :]
