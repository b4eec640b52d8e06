"""What the rules of this family share: the ways from a coroutine to what holds the loop, and fixes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from unlag.finding import FixOffer, Safety, Severity, Step
from unlag.knowledge import Entry
from unlag.project.callables import CALLED
from unlag.project.function_kinds import is_context
from unlag.project.graph import category_of
from unlag.project.links import LOOP_CALLBACK, OUTSIDE_CALLBACK, Edge, Hazard
from unlag.rules.event_loop._fallbacks import is_fallback
from unlag.rules.event_loop._libraries import has
from unlag.rules.event_loop._ways import Accepts, way_from
from unlag.rules.nearby import is_called_near
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts
from unlag.source.lazy_answers import lazy_answer
from unlag.source.paths import is_dotted

RARE = 2
"""Functions on a way that go on only in a branch, from which on it is only information."""

_LONGEST_WAY = 6
"""Steps, where a branch counts twice; longer ways were false alarms in real projects."""
_OF_THE_LOOP = frozenset(
    {
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.get_event_loop",
        "asyncio.get_running_loop",
        "asyncio.current_task",
        "asyncio.AbstractEventLoop.call_at",
        "asyncio.AbstractEventLoop.call_later",
        "asyncio.AbstractEventLoop.call_soon",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.Condition.notify",
        "asyncio.Condition.notify_all",
        "asyncio.Event.set",
        "asyncio.Future.add_done_callback",
        "asyncio.Future.cancel",
        "asyncio.Future.set_exception",
        "asyncio.Future.set_result",
        "asyncio.Lock.release",
        "asyncio.Queue.get_nowait",
        "asyncio.Queue.put_nowait",
        "asyncio.Queue.task_done",
        "asyncio.Semaphore.release",
        "asyncio.StreamWriter.write",
        "asyncio.Task.add_done_callback",
        "asyncio.Task.cancel",
        "asyncio.TaskGroup.create_task",
    }
)
"""What asks for the running loop, or wakes what waits on it: asyncio's objects are not made for threads."""
_DEEPEST = 5
"""Functions of a way, the helper first, in which the event loop is looked for: caches of clients are so deep."""
_KEEPING = frozenset({"cache", "lru_cache"})
"""Decorators of functools that keep a result for as long as the process runs."""
_NO_CALLS = ("context manager", "callback", OUTSIDE_CALLBACK, LOOP_CALLBACK)
"""Ways in which a function runs without being called where the finding stands."""
_OFF_LOOP = "loop.run_in_executor(None, ...)"
"""How what cannot await has something done in a thread."""
_OF_MODELS = frozenset({"validator", "serializer"})
_OF_FASTAPI = frozenset({"route", "exception handler", "background task"})
_IN_THREADS = _OF_FASTAPI | {"agent tool", "graph node", "graph edge", "Gradio function"}
"""What every library that calls it so runs in a thread, where it is a plain `def`."""


def anything(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Accepts every hazard."""
    return True


def is_database(hazard: Hazard) -> bool:
    """Whether a hazard waits for a database: LAG604 reports those, other rules leave them to it."""
    return hazard.cost == "database"


def is_no_database(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Accepts every hazard that waits for something other than a database."""
    return not is_database(hazard)


class Boundary(msgspec.Struct, frozen=True):
    """A call in a coroutine that leads to a hazard through plain functions."""

    edge: Edge
    hazard: Hazard
    trail: tuple[Step, ...]
    once: bool
    conditions: int = 0
    """Functions behind the boundary that go on only in a branch."""

    @property
    def is_near(self) -> bool:
        """Whether the way is short and sure enough for what would show at once if it were taken."""
        is_short = len(self.trail) + 2 * self.conditions <= _LONGEST_WAY
        return is_short and self.severity(Severity.ERROR) is Severity.ERROR

    def severity(self, worst: Severity) -> Severity:
        """`worst`, or information where the way runs once or is rarely taken to its end."""
        return Severity.INFORMATION if self.once or self.conditions >= RARE else worst


def direct(
    function: FunctionView, *categories: str, accepts: Accepts = anything
) -> Iterator[Hazard]:
    """Hazards of some categories that stand in the coroutine itself."""
    for hazard in function.links.hazards:
        is_wanted = category_of(hazard) in categories and not hazard.flags & facts.AWAITED
        if is_wanted and accepts(function, function.entry.id, hazard):
            yield hazard


def boundaries(
    function: FunctionView, *categories: str, accepts: Accepts = anything
) -> Iterator[Boundary]:
    """Calls in the coroutine that reach a hazard, of the first of `categories` that is reached more than once."""
    seen: set[tuple[int, int, int, int]] = set()
    for edge, reaching in function.once(_reaching):
        reached = [category for category in categories if category in reaching]
        if not reached:
            continue
        place = (edge.line, edge.column, edge.end_line, edge.end_column)
        if place in seen or (edge.through == "decorator" and edge.line == function.facts.line):
            continue
        boundary = _worst(function, edge, reached, accepts)
        if boundary is not None and not is_fallback(function, edge):
            seen.add(place)
            yield boundary


def _reaching(function: FunctionView) -> tuple[tuple[Edge, frozenset[str]], ...]:
    """The calls in a function that lead to hazards through plain functions, and to which categories of them."""
    found: list[tuple[Edge, frozenset[str]]] = []
    for edge in function.links.edges:
        runs_here = edge.how == CALLED or edge.through == LOOP_CALLBACK
        if not runs_here or edge.flags & facts.AWAITED:
            continue  # what is awaited is a coroutine: another override than the one resolved
        reached = function.index.graph.reached_by(edge.target)
        if reached and not function.index.is_async(edge.target):
            found.append((edge, reached))
    return tuple(found)


def way(boundary: Boundary) -> str:
    """The chain of a boundary in words: `load_user → fetch → requests.get`."""
    return " → ".join(step.call for step in boundary.trail)


def written(function: FunctionView, hazard: Hazard) -> str:
    """A call as the coroutine writes it, `pool.submit`, or by its public name where it is longer."""
    call = function.call_at(hazard)
    return call.target if call is not None and is_dotted(call.target) else hazard.name


def helper(edge: Edge) -> str:
    """The called function in words; a class where it is its constructor or its `with`."""
    name = spoken(edge.target)
    if edge.through.startswith("decorator of "):
        return edge.through.removeprefix("decorator of ")
    if edge.through in ("constructor", "context manager", "validator"):
        return name.rpartition(".")[0] or name
    return name


def offload_offer(function: FunctionView, callee: str) -> FixOffer:
    """The fix that runs the call in a thread."""
    wrapped = {
        "to_thread": f"await asyncio.to_thread({callee}, ...)",
        "asyncify": f"await asyncify({callee})(...)",
    }.get(function.offload_style, f"await run_in_threadpool({callee}, ...)")
    return FixOffer(f"Run `{callee}` in a thread: `{wrapped}`", Safety.UNSAFE, "offload", (callee,))


def steps_offer(callee: str) -> FixOffer:
    """The fix that takes each step of a loop over what the call gives in a thread."""
    title = "Take each step of the loop in a thread: `async for ... in iterate_in_threadpool(...)`"
    return FixOffer(title, Safety.UNSAFE, "offload", (callee, "iterated"))


def is_lazy(function: FunctionView, target: str) -> bool:
    """Whether a helper is a generator: its work is done where somebody goes through what it gives."""
    entry = function.index.function(target) if target else None
    return entry is not None and bool(entry.facts.flags & facts.GENERATOR)


def _is_entered(function: FunctionView, target: str) -> bool:
    """Whether a helper makes a context manager: its work is done where somebody enters what it gives."""
    entry = function.index.function(target) if target else None
    return entry is not None and is_context(entry.facts)


def endpoint_to_def_offers(function: FunctionView) -> tuple[FixOffer, ...]:
    """The fix that makes the endpoint a `def`, where it awaits nothing and nobody awaits it."""
    if not can_be_plain(function):
        return ()
    routes = function.index.routes.by_function.get(function.entry.id, ())
    who = "FastAPI" if all(route.label in _OF_FASTAPI for route in routes) else "the framework"
    pool = "its thread pool" if who == "FastAPI" else "a thread"
    title = f"Make `{function.name}` a `def`, which {who} runs in {pool}"
    return (FixOffer(title, Safety.UNSAFE, "endpoint_to_def", (function.qualname,)),)


def plain_remedy(function: FunctionView) -> str:
    """What to do about a `def` that a framework calls on the loop itself."""
    routes = function.index.routes.by_function.get(function.entry.id, ())
    if routes and all(route.label in _OF_MODELS for route in routes):
        return (
            "Pydantic calls it on the event loop for each request, even where the endpoint is a `def`: do this "
            "part in the endpoint or in a dependency, in a thread."
        )
    return (
        f"The framework calls a plain `def` on the event loop too: make `{function.name}` an `async def` "
        f"and await `{function.offload_style}(...)` in it."
    )


def can_be_plain(function: FunctionView) -> bool:
    """Whether a coroutine awaits nothing and is only called by who runs a `def` in a thread, such as FastAPI."""
    if not function.facts.is_async or function.facts.flags & (facts.AWAITS | facts.GENERATOR):
        return False
    index = function.index
    function_id = function.entry.id
    routes = index.routes.by_function.get(function_id, ())
    if any(route.label not in _IN_THREADS for route in routes):
        return False
    if not routes and not index.is_dependency(function_id):
        return False
    if index.is_called(function_id) or needs_loop(function, function_id):
        return False
    return not _is_lazy_answer(function)


def _is_lazy_answer(function: FunctionView) -> bool:
    """Whether the answer is a generator, whose work stays on the loop."""
    item = function.facts
    answers = [*item.results, *(one.path for one in item.bindings if one.name in item.results)]
    if not any("each(" in answer for answer in answers):
        return False
    syntax = function.syntax(function.entry)
    return syntax is not None and lazy_answer(syntax.node) is not None


def needs_loop(function: FunctionView, helper_id: str) -> bool:
    """Whether a function, or a plain one it calls, needs the running event loop: threads have none."""
    index = function.index

    def search() -> bool:
        return is_called_near(
            index, helper_id, lambda _, links: not _OF_THE_LOOP.isdisjoint(links.callees), _DEEPEST
        )

    return index.remember((needs_loop, helper_id), search)


def offers(function: FunctionView, edge: Edge) -> tuple[FixOffer, ...]:
    """Every fix for a call to a helper that holds the loop."""
    if is_kept(function, edge.target):
        return ()
    is_call = edge.through not in _NO_CALLS and not needs_loop(function, edge.target)
    if not is_call or not function.facts.is_async:
        return endpoint_to_def_offers(function)
    if not is_lazy(function, edge.target):
        return (offload_offer(function, helper(edge)), *endpoint_to_def_offers(function))
    steps = (steps_offer(helper(edge)),) if edge.flags & facts.ITERATED else ()
    return (*steps, *endpoint_to_def_offers(function))


def remedy(function: FunctionView, callee: str, through: str = "", target: str = "") -> str:
    """What to do about a helper, in one sentence."""
    if is_kept(function, target):
        return f"Call `{callee}` once at start-up, in the lifespan."
    if not function.facts.is_async:
        return plain_remedy(function)
    if needs_loop(function, target):
        return f"`{callee}` needs the running event loop: offload the part of it that blocks."
    if can_be_plain(function):
        return f"Make `{function.name}` a plain `def`, or offload the call."
    if through == "context manager" or _is_entered(function, target):
        return "Take the blocking part out of it, or run the whole `with` block in a thread."
    if not through and is_lazy(function, target):
        return f"Loop with `async for` over `iterate_in_threadpool({callee}(...))`."
    if through == LOOP_CALLBACK:
        return f"The event loop itself runs it: start the part that blocks with `{_OFF_LOOP}`."
    if through == OUTSIDE_CALLBACK:
        return f"Run the whole call that is given `{callee}` in a thread."
    if through == "callback":
        return (
            "Offload it where it is called, or hand over a coroutine function and await it there."
        )
    if through == "property":
        return "Read it in a thread, or keep the value."
    if through == "validator":
        return f"Make the `{callee}` in a thread, or take the slow part out of its validator."
    if through == "constructor":
        return f"Build `{callee}` once at start-up, or in a thread."
    style = function.offload_style
    return f"Await `{style}({callee}, ...)` instead."


def is_kept(function: FunctionView, target: str) -> bool:
    """Whether a function keeps its only result: a thread would cost every call what the first alone needs."""
    entry = function.index.function(target)
    if entry is None or not any(
        item.target.rpartition(".")[2] in _KEEPING for item in entry.facts.decorators
    ):
        return False
    parameters = entry.facts.parameters[1:] if entry.facts.owner else entry.facts.parameters
    return not parameters


def counterpart_of(function: FunctionView, entry: Entry) -> Entry:
    """What is known of a blocking call, with the counterpart that the project has at hand."""
    library = entry.counterpart.partition(".")[0]
    if not entry.otherwise or has(function, library):
        return entry
    return msgspec.structs.replace(entry, counterpart=entry.otherwise, is_entered=False)


def counterpart_words(entry: Entry) -> str:
    """What to do with the counterpart of a blocking call: await it, or use it if it is a class or context manager."""
    is_awaited = not entry.is_entered and not entry.counterpart.rpartition(".")[2][:1].isupper()
    return f"{'await' if is_awaited else 'use'} `{entry.counterpart}`"


def capitalised(words: str) -> str:
    """The start of a sentence."""
    return words[:1].upper() + words[1:]


def _worst(
    function: FunctionView, edge: Edge, categories: Sequence[str], accepts: Accepts
) -> Boundary | None:
    """The way to the first of some categories, or of another where the first is only taken once.

    Where one function does both, such as look at a file's time and read it anew, the first one counts.
    """
    found: Boundary | None = None
    for category in categories:
        boundary = boundary_to(function, edge, category, accepts)
        if boundary is None:
            continue
        if found is None:
            found = boundary
        elif boundary.severity(Severity.ERROR) is Severity.ERROR:
            return found if _ends_where(found, boundary) else boundary
        if not found.once:
            break
    return found


def _ends_where(one: Boundary, other: Boundary) -> bool:
    """Whether two ways end in the same function."""
    first, second = one.trail[-1], other.trail[-1]
    return (first.path, first.function) == (second.path, second.function)


def boundary_to(
    function: FunctionView, edge: Edge, category: str, accepts: Accepts
) -> Boundary | None:
    """The way through a call to a hazard that is accepted."""
    way_on = way_from(function, edge, category, accepts)
    if way_on is None:
        return None
    first = function.step(edge, spoken(edge.target))
    once = way_on.once or bool(edge.flags & facts.ONCE)
    return Boundary(edge, way_on.hazard, (first, *way_on.steps), once, way_on.conditions)
