"""Where functions run, and what they reach: breadth-first over the linked calls, shortest way first.

Pure functions over plain maps; ties are broken by the order of ids, so a result never depends on the
order in which files were read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import msgspec

from unlag.project.callables import CALLED, LATER, NEW_LOOP, PROCESS, THREAD, TO_LOOP
from unlag.project.links import DEPENDS, Edge, Hazard, Links
from unlag.source import facts

REQUEST = "event loop"
TASK = "long-lived task"
STARTUP = "start-up"
THREAD_POOL = "thread pool"
WORKER = "worker process"
SCRIPT = "script"
IMPORT = "import"
"""What modules run when they are imported: before any loop, or once."""

ON_LOOP = (REQUEST, TASK)
SERVING = (REQUEST, TASK, THREAD_POOL)
_ONCE = 1 << 16
_Caller: TypeAlias = tuple[str, int, int]
"""A function, the index of its edge, and what that step costs."""
_LOOPS = (REQUEST, TASK, STARTUP)

CATEGORIES = ("blocking", "metadata", "cpu-heavy", "cpu-light", "wait", "loop")
"""Kinds of hazard that are followed apart from each other, so that the worst one is shown."""


class Way(msgspec.Struct, frozen=True, gc=False):
    """How a function came to run where it runs."""

    caller: str
    """Empty for what the framework calls."""
    distance: int


class Reach(msgspec.Struct, frozen=True, gc=False):
    """The surest way from a plain function to a hazard.

    Names the next step by its index, so that it holds when lines move.
    """

    distance: int
    hazard: int
    """Index among the function's hazards where the way ends in it, else -1."""
    edge: int
    """Index among the function's edges of the next step, else -1."""
    once: bool
    """Whether part of the way is remembered or runs once."""
    conditions: int = 0
    """Functions on the way that go on only in a branch."""


class Graph(msgspec.Struct, frozen=True):
    """Contexts of every reached function and hazards reached from every plain one."""

    contexts: Mapping[str, Mapping[str, Way]]
    """Context -> function -> way."""
    reaches: Mapping[str, Mapping[str, Reach]]
    """Category -> plain function -> way to the nearest hazard."""

    def contexts_of(self, function_id: str) -> tuple[str, ...]:
        """Where a function runs."""
        return tuple(name for name, found in self.contexts.items() if function_id in found)

    def serves(self, function_id: str) -> bool:
        """Whether a function runs while a request is served, wherever."""
        return any(function_id in self.contexts.get(name, ()) for name in SERVING)

    def runs_on_loop(self, function_id: str) -> bool:
        """Whether a function runs on an event loop that serves requests."""
        return any(function_id in self.contexts[name] for name in ON_LOOP)


def category_of(hazard: Hazard) -> str:
    """The category under which a hazard is followed."""
    if hazard.kind == "new-loop":
        return "loop"
    if hazard.kind == "cpu":
        return f"cpu-{hazard.cost}"
    return hazard.cost if hazard.cost in ("metadata", "wait") else "blocking"


def solve(
    links: Mapping[str, Links],
    is_async: Callable[[str], bool],
    entries: Mapping[str, Iterable[str]],
    extra: Mapping[str, tuple[Edge, ...]],
) -> Graph:
    """Contexts and reaches over all `links`.

    `entries` gives the functions each context starts from; `extra` edges that belong to routers.
    """
    return Graph(_contexts(links, is_async, entries, extra), _reaches(links, is_async))


def _contexts(
    links: Mapping[str, Links],
    is_async: Callable[[str], bool],
    entries: Mapping[str, Iterable[str]],
    extra: Mapping[str, tuple[Edge, ...]],
) -> dict[str, dict[str, Way]]:
    contexts: dict[str, dict[str, Way]] = {
        name: {} for name in (REQUEST, TASK, STARTUP, THREAD_POOL, WORKER, SCRIPT, IMPORT)
    }
    queue: deque[tuple[str, str]] = deque()
    for name in contexts:
        for function in sorted(set(entries.get(name, ()))):
            contexts[name][function] = Way("", 0)
            queue.append((name, function))
    while queue:
        name, caller = queue.popleft()
        found = links.get(caller)
        if found is None:
            continue
        distance = contexts[name][caller].distance + 1
        for edge in (*found.edges, *extra.get(caller, ())):
            target = edge.target
            context = _context_after(name, edge, is_async(caller), is_async(target))
            if context and target not in contexts[context]:
                contexts[context][target] = Way(caller, distance)
                queue.append((context, target))
    return contexts


def _context_after(name: str, edge: Edge, from_async: bool, to_async: bool) -> str:
    """The context in which `edge` runs its target, or empty where it does not run it."""
    how = edge.how
    if how == CALLED:
        if to_async and not from_async and name not in _LOOPS:
            return ""
        return name
    if how == DEPENDS:
        return REQUEST if to_async else THREAD_POOL
    if how == THREAD:
        return "" if to_async else _off_loop(name, THREAD_POOL)
    if how == PROCESS:
        return _off_loop(name, WORKER)
    if how == LATER:
        return TASK if name == STARTUP and to_async else name
    if how == TO_LOOP:
        return REQUEST if name == THREAD_POOL else name
    if how == NEW_LOOP:
        return name if name in (SCRIPT, WORKER, THREAD_POOL, IMPORT) else ""
    return ""


def _off_loop(name: str, context: str) -> str:
    return name if name in (SCRIPT, WORKER, IMPORT) else context


def _reaches(
    links: Mapping[str, Links], is_async: Callable[[str], bool]
) -> dict[str, dict[str, Reach]]:
    callers: dict[str, list[_Caller]] = {}
    sources: dict[str, list[tuple[str, int, int]]] = {category: [] for category in CATEGORIES}
    for function in sorted(links):
        if is_async(function) or function.endswith(":<module>"):
            continue
        found = links[function]
        for index, edge in enumerate(found.edges):
            if edge.how == CALLED and not is_async(edge.target):
                caller = (function, index, _price(edge.flags))
                callers.setdefault(edge.target, []).append(caller)
        for index, hazard in enumerate(found.hazards):
            source = (function, index, _price(hazard.flags))
            sources[category_of(hazard)].append(source)
    return {category: _reach(sources[category], callers) for category in CATEGORIES}


def _reach(
    sources: list[tuple[str, int, int]], callers: Mapping[str, list[_Caller]]
) -> dict[str, Reach]:
    """The surest ways back from the hazards: fewest conditions first, then the shortest.

    Ways that run once are taken only where there is no other.
    """
    reaches: dict[str, Reach] = {}
    waiting: dict[int, list[tuple[str, Reach]]] = {}
    for function, hazard, price in sources:
        reach = Reach(0, hazard, -1, price >= _ONCE, price % _ONCE)
        waiting.setdefault(price, []).append((function, reach))
    while waiting:
        price = min(waiting)
        queue = deque(sorted(waiting.pop(price), key=lambda item: item[1].distance))
        while queue:
            function, reach = queue.popleft()
            if function in reaches:
                continue
            reaches[function] = reach
            for caller, edge, step in callers.get(function, ()):
                if caller in reaches:
                    continue
                total = price + step
                further = Reach(reach.distance + 1, -1, edge, total >= _ONCE, total % _ONCE)
                if total == price:
                    queue.append((caller, further))
                else:
                    waiting.setdefault(total, []).append((caller, further))
    return reaches


def _price(flags: int) -> int:
    """What a step costs: nothing where it is always taken, more than any number of conditions if once."""
    if flags & facts.ONCE:
        return _ONCE
    return 1 if flags & facts.CONDITIONAL else 0
