"""What the rules of this family share: calls from a coroutine to what holds the loop, and their fixes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.finding import FixOffer, Safety, Step
from unlag.project import graph
from unlag.project.callables import CALLED
from unlag.project.graph import category_of
from unlag.project.links import Edge, Hazard
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts

_NOT_ENDPOINTS = frozenset({"websocket", "middleware", "start-up"})


class Boundary(msgspec.Struct, frozen=True):
    """A call in a coroutine that leads to a hazard through plain functions."""

    edge: Edge
    hazard: Hazard
    trail: tuple[Step, ...]
    once: bool


def direct(function: FunctionView, *categories: str) -> Iterator[Hazard]:
    """Hazards of some categories that stand in the coroutine itself."""
    for hazard in function.links.hazards:
        if category_of(hazard) in categories and not hazard.flags & facts.AWAITED:
            yield hazard


def boundaries(function: FunctionView, *categories: str) -> Iterator[Boundary]:
    """Calls in the coroutine that reach a hazard; the first of `categories` that is reached counts."""
    seen: set[tuple[int, int, int, int]] = set()
    for edge in function.links.edges:
        place = (edge.line, edge.column, edge.end_line, edge.end_column)
        if edge.how != CALLED or place in seen or function.index.is_async(edge.target):
            continue
        if edge.through == "decorator" and edge.line == function.facts.line:
            continue
        for category in categories:
            if function.reach(edge.target, category) is not None:
                seen.add(place)
                steps, hazard, once = function.trail(edge, category)
                yield Boundary(edge, hazard, steps, once or bool(edge.flags & facts.ONCE))
                break


def way(boundary: Boundary) -> str:
    """The chain of a boundary in words: `load_user -> fetch -> requests.get`."""
    return " → ".join(step.call for step in boundary.trail)


def offload_offer(function: FunctionView, callee: str) -> FixOffer:
    """The fix that runs the call in a thread."""
    wrapped = {
        "to_thread": f"await asyncio.to_thread({callee}, ...)",
        "asyncify": f"await asyncify({callee})(...)",
    }.get(function.offload_style, f"await run_in_threadpool({callee}, ...)")
    return FixOffer(f"Run `{callee}` in a thread: `{wrapped}`", Safety.UNSAFE, "offload", (callee,))


def endpoint_to_def_offers(function: FunctionView) -> tuple[FixOffer, ...]:
    """The fix that makes the endpoint a `def`, where it awaits nothing and nobody awaits it."""
    if not can_be_plain(function):
        return ()
    title = f"Make `{function.name}` a `def`, which FastAPI runs in its thread pool"
    return (FixOffer(title, Safety.UNSAFE, "endpoint_to_def", (function.qualname,)),)


def can_be_plain(function: FunctionView) -> bool:
    """Whether a coroutine is only called by FastAPI, awaits nothing, and so can be a `def`."""
    if function.facts.flags & (facts.AWAITS | facts.GENERATOR):
        return False
    index = function.index
    function_id = function.entry.id
    routes = index.routes.by_function.get(function_id, ())
    if any(route.label in _NOT_ENDPOINTS for route in routes):
        return False
    if not routes and not index.is_dependency(function_id):
        return False
    return not index.is_called(function_id)


def offers(function: FunctionView, callee: str, through: str = "") -> tuple[FixOffer, ...]:
    """Every fix for a call to a helper that holds the loop."""
    offload = () if through == "context manager" else (offload_offer(function, callee),)
    return (*offload, *endpoint_to_def_offers(function))


def remedy(function: FunctionView, callee: str, through: str = "") -> str:
    """What to do about a helper, in one sentence."""
    if can_be_plain(function):
        return f"Make `{function.name}` a plain `def`, or offload the call."
    if through == "property":
        return "Read it in a thread, or keep the value."
    if through == "constructor":
        return f"Build `{callee}` once at start-up, or in a thread."
    style = function.offload_style
    return f"Await `{style}({callee}, ...)` instead."


def helper(edge: Edge) -> str:
    """The called function in words."""
    name = spoken(edge.target)
    if edge.through == "constructor":
        return name.rpartition(".")[0] or name
    if edge.through == "context manager":
        return name.rpartition(".")[0] or name
    return name


ON_LOOP = graph.ON_LOOP
