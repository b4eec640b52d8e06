"""What the rules of this family ask of the functions FastAPI calls in threads: who they are, who pays for them."""

from __future__ import annotations

from unlag.finding import FixOffer, Safety, Step
from unlag.project import graph
from unlag.project.graph import THREAD_POOL
from unlag.project.routes import Route
from unlag.project.table import FunctionEntry
from unlag.rules.thread_pool._trivial import Kind, Proof
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call


def threaded_routes(function: FunctionView) -> tuple[Route, ...]:
    """The routes whose endpoint a `def` function is, run in the thread pool."""
    if function.facts.is_async:
        return ()
    routes = function.index.routes.by_function.get(function.entry.id)
    return tuple(
        route
        for route in routes or ()
        if route.context == graph.THREAD_POOL and route.label == "route"
    )


def is_threaded_dependency(function: FunctionView) -> bool:
    """Whether FastAPI calls a `def` function in a thread to fill a parameter."""
    return not function.facts.is_async and function.index.is_dependency(function.entry.id)


def is_background_task(function: FunctionView) -> bool:
    """Whether a `def` function runs in a thread once the response is sent."""
    routes = function.index.routes.by_function.get(function.entry.id, ())
    return any(
        route.context == THREAD_POOL and route.label == "background task" for route in routes
    )


def is_plain(function: FunctionView) -> bool:
    """Whether a `def` belongs to no class, yields nothing and is called by nobody but FastAPI."""
    item = function.facts
    odd = facts.ASYNC | facts.GENERATOR | facts.LAMBDA | facts.ABSTRACT | facts.OVERLOAD
    if item.flags & odd or item.owner or item.name == "<module>":
        return False
    return not function.index.is_called(function.entry.id)


def proof_of(function: FunctionView, gives: Kind) -> Proof | None:
    """The proof that a function is trivial, or None."""
    proof = Proof(function.index)
    return proof if proof.holds(function.entry, gives=gives) else None


def header(entry: FunctionEntry) -> Call:
    """The function's own name as a place."""
    item = entry.facts
    return Call(item.name, item.line, item.column, item.line, item.column + len(_written(entry)), 0)


def relied_on(function: FunctionView, proof: Proof) -> tuple[Step, ...]:
    """The functions a proof leans on, each where it is defined: it is void once they change."""
    steps = []
    for function_id in proof.relied_on:
        entry = function.index.function(function_id)
        if entry is not None:
            steps.append(function.step_in(function_id, header(entry), ""))
    return tuple(steps)


def to_async_offer(function: FunctionView) -> tuple[FixOffer, ...]:
    """The fix that makes the function a coroutine function."""
    title = f"Make `{function.name}` an `async def`, which runs on the event loop"
    return (FixOffer(title, Safety.UNSAFE, "def_to_async", (function.qualname,)),)


def plural(count: int, noun: str) -> str:
    """`1 endpoint`, `3 endpoints`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _written(entry: FunctionEntry) -> str:
    return entry.facts.name.partition("#")[0]
