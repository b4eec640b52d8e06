"""What a function comes down to, over the functions it runs: slow calls, heavy CPU, messages to somebody.

Follows calls and work handed to threads, not to other processes. Unknown callees count for nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from unlag.project.callables import CALLED, LATER, THREAD
from unlag.project.links import Hazard, Links
from unlag.project.values import Class, Function, Instance, each
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

ADD_TASK = frozenset(
    {
        "fastapi.BackgroundTasks.add_task",
        "starlette.background.BackgroundTask",
        "starlette.background.BackgroundTasks.add_task",
    }
)
_ENDINGS = (".add_task", "BackgroundTask")
_RUN = (CALLED, THREAD, LATER)
_SLOW = frozenset({"network", "sleep", "process", "database"})
_NO_WORK = ("asyncio.", "anyio.", "starlette.", "fastapi.")
_SLEEPS = frozenset({"asyncio.sleep", "anyio.sleep"})
_NUMBER = re.compile(r"#\d+(\.\d+)?")
_SHORTEST = 0.1
"""Seconds: connections are given back for a sleep that is as long as a query, or longer."""
_SESSIONS = ("sqlalchemy.", "sqlmodel.")
_DEEPEST = 7
_MOST = 200
_MANY = 8
"""Functions that one call can run, of which any single one runs seldom."""


def added_tasks(function: FunctionView) -> Iterator[tuple[Call, tuple[str, ...]]]:
    """Every background task that a function adds or makes, with the functions of the project that it can be."""
    for call, callee in function.calls():
        if not call.target.endswith(_ENDINGS) or not callee or not call.arguments:
            continue
        if function.knowledge.canonical(callee) in ADD_TASK:
            yield call, tuple(_functions(function, call.argument(0, "func") or "", call.line))


def _functions(function: FunctionView, path: str, line: int) -> Iterator[str]:
    if not path or path[0] in "'#*":
        return
    resolver = function.index.resolver
    for item in each(function.resolve(path, line)):
        if isinstance(item, Function):
            yield item.id
        elif isinstance(item, Instance | Class):
            method = resolver.method(item.id, "__call__")
            if method is not None:
                yield method.id


def heavy(function: FunctionView, function_id: str) -> Hazard | None:
    """Heavy work for the CPU that running a function comes to."""
    return _hazard(function, function_id, lambda item: item.kind == "cpu" and item.cost == "heavy")


def is_slow(function: FunctionView, function_id: str) -> bool:
    """Whether running a function waits for something outside or sleeps, or works the CPU hard."""
    if heavy(function, function_id) is not None:
        return True
    is_waiting = _hazard(function, function_id, lambda item: item.cost in _SLOW) is not None
    return is_waiting or _awaits(function, function_id) or _pauses(function, function_id)


def sends(function: FunctionView, function_id: str) -> bool:
    """Whether running a function comes to the network, and not only to a row of the request's own session."""
    network = _hazard(function, function_id, lambda item: item.cost == "network")
    return network is not None or _awaits(function, function_id, but=_SESSIONS)


def _hazard(
    function: FunctionView, function_id: str, wanted: Callable[[Hazard], bool]
) -> Hazard | None:
    for _, links in _run(function, function_id):
        for hazard in links.hazards:
            if wanted(hazard) and not hazard.flags & (facts.ONCE | facts.IN_EXCEPT):
                return hazard
    return None


def _pauses(function: FunctionView, function_id: str) -> bool:
    """Whether a coroutine sleeps on the way, for longer than it takes to let others go on."""
    for current, links in _run(function, function_id):
        entry = function.index.function(current)
        calls = entry.facts.calls if entry is not None else ()
        for call, callee in zip(calls, links.callees, strict=True):
            if callee in _SLEEPS and call.flags & facts.AWAITED and not _is_short(call):
                return True
    return False


def _is_short(call: Call) -> bool:
    seconds = call.arguments[0] if call.arguments else ""
    return bool(_NUMBER.fullmatch(seconds)) and float(seconds[1:]) < _SHORTEST


def _awaits(function: FunctionView, function_id: str, but: tuple[str, ...] = ()) -> bool:
    """Whether a known asynchronous call, other than a pause and of other libraries, is awaited on the way."""
    for current, links in _run(function, function_id):
        entry = function.index.function(current)
        calls = entry.facts.calls if entry is not None else ()
        for call, callee in zip(calls, links.callees, strict=True):
            if not call.flags & (facts.AWAITED | facts.ASYNC_ENTERED) or not callee:
                continue
            if ":" not in callee and function.known(callee, "awaitable") is not None:
                if not callee.startswith((*_NO_WORK, *but)):
                    return True
    return False


def _run(function: FunctionView, function_id: str) -> Iterator[tuple[str, Links]]:
    """The function and what it surely runs in this process, nearest first: not one of many implementations."""
    visited = {function_id}
    level = [function_id]
    for _ in range(_DEEPEST):
        following: list[str] = []
        for current in level:
            links = function.index.links.get(current)
            if links is None:
                continue
            yield current, links
            alternatives = Counter((edge.line, edge.column) for edge in links.edges)
            for edge in links.edges:
                if edge.how in _RUN and edge.target not in visited and len(visited) < _MOST:
                    is_sure = alternatives[edge.line, edge.column] < _MANY
                    if is_sure and not edge.flags & (facts.ONCE | facts.IN_EXCEPT):
                        visited.add(edge.target)
                        following.append(edge.target)
        level = following
