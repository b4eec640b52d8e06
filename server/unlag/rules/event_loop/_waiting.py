"""Which waiting calls really wait: not those that return at once, and not those on what is done."""

from __future__ import annotations

from unlag.project.links import Hazard
from unlag.rules.event_loop._begun import is_set_first
from unlag.rules.view import FunctionView
from unlag.source.facts import CONDITIONAL, IN_LOOP, Call, FunctionFacts, passed_value

LOCKS = frozenset({"threading.Lock", "threading.RLock", "threading.Condition"})
SEMAPHORES = frozenset({"threading.Semaphore", "threading.BoundedSemaphore"})

_BLOCKING_PLACE = {
    "threading.Lock.acquire": 0,
    "threading.RLock.acquire": 0,
    "threading.Semaphore.acquire": 0,
    "queue.Queue.get": 0,
    "queue.Queue.put": 1,
    "queue.SimpleQueue.get": 0,
    "multiprocessing.queues.Queue.get": 0,
    "multiprocessing.queues.Queue.put": 1,
}
"""Where the argument stands that says whether to wait at all."""
_TIMEOUT_PLACE = {
    "threading.Event.wait": 0,
    "threading.Thread.join": 0,
    "threading.Condition.wait": 0,
    "concurrent.futures.Future.result": 0,
    "concurrent.futures.Future.exception": 0,
    "concurrent.futures.wait": 1,
    "multiprocessing.process.BaseProcess.join": 0,
    "multiprocessing.connection.Connection.poll": 0,
}
"""Where the longest wait stands."""
ENTER = ".__enter__"
"""Ends the name of a wait that begins a `with` block."""
LEAVE = ".__exit__"
"""Ends the name of a wait at the end of a `with` block."""
FILE_LOCKS = frozenset({"fcntl.flock", "fcntl.lockf"})
_AT_ONCE = ("LOCK_NB", "LOCK_UN")
_RESULTS = ("concurrent.futures.Future.result", "concurrent.futures.Future.exception")
_QUEUES = frozenset({
    "queue.Queue", "queue.LifoQueue", "queue.PriorityQueue",
    "multiprocessing.Queue", "multiprocessing.JoinableQueue",
    "multiprocessing.context.DefaultContext.Queue",
    "multiprocessing.context.DefaultContext.JoinableQueue",
})  # fmt: skip
_PUTS = ("queue.Queue.put", "multiprocessing.queues.Queue.put")
_ASKED_BEFORE = {"queue.Queue.put": "full", "queue.Queue.get": "empty"}
"""What a queue is asked by code that means not to wait."""


def waits(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Whether a call known to wait does so here."""
    call = function.call_at(hazard, function_id)
    entry = function.index.function(function_id)
    if call is None or entry is None:
        return True
    if _returns_at_once(hazard.name, call) or _never_waits(hazard.name, entry.facts, call):
        return False
    if hazard.name in _ASKED_BEFORE and _was_asked(_ASKED_BEFORE[hazard.name], entry.facts, call):
        return False
    if hazard.name == "threading.Event.wait" and is_set_first(function, entry, call):
        return False
    if hazard.name.endswith(".join_thread"):
        return _puts_itself(entry.facts, call)
    if hazard.name in _RESULTS:
        return not _is_done(function, function_id, entry.facts, call)
    if hazard.name in _PUTS:
        return _is_bounded(function, function_id)
    return hazard.name != "multiprocessing.connection.Connection.poll" or bool(call.arguments)


def _returns_at_once(name: str, call: Call) -> bool:
    if name in _BLOCKING_PLACE:
        place = _BLOCKING_PLACE[name]
        choices = (call.argument(place), call.keyword("block"), call.keyword("blocking"))
        if "False" in choices or call.argument(place + 1, "timeout") == "#0":
            return True
    if name in _TIMEOUT_PLACE and call.argument(_TIMEOUT_PLACE[name], "timeout") == "#0":
        return True
    return name.endswith(".shutdown") and "False" in (call.argument(0), call.keyword("wait"))


def _never_waits(name: str, item: FunctionFacts, call: Call) -> bool:
    """Whether a lock of a file is given back here, or taken only where nobody has it."""
    if name not in FILE_LOCKS:
        return False
    operation = call.argument(1) or ""
    said = [operation, *(b.path for b in item.bindings if b.name == operation)]
    return any(word in text for word in _AT_ONCE for text in said)


def _puts_itself(item: FunctionFacts, call: Call) -> bool:
    """Whether a function puts something into the queue: only then is there a thread of its own that hands it over."""
    put = f"{call.target.rpartition('.')[0]}.put"
    return any(other.target == put for other in item.calls)


def _was_asked(question: str, item: FunctionFacts, call: Call) -> bool:
    """Whether the branch that the call stands in comes after asking the queue: `if not jobs.full():`."""
    asked = f"{call.target.rpartition('.')[0]}.{question}"
    return bool(call.flags & (CONDITIONAL | IN_LOOP)) and any(
        other.target == asked and other.line <= call.line for other in item.calls
    )


def _is_done(function: FunctionView, function_id: str, item: FunctionFacts, call: Call) -> bool:
    """Whether the future was asked before, waited for, or is one of those that were."""
    future = call.target.rpartition(".")[0]
    for other in item.calls:
        if (other.line, other.column) >= (call.line, call.column):
            continue
        if other.target == f"{future}.done":
            return True
        if any(_value(argument) == future for argument in other.arguments) and _joins(other):
            return True
    paths = [binding.path for binding in item.bindings if binding.name == future]
    return any(part in path for path in paths for part in ("as_completed(", "wait(", ".result("))


def _joins(call: Call) -> bool:
    return call.target.rpartition(".")[2] in ("wrap_future", "wait", "as_completed", "shield")


def _is_bounded(function: FunctionView, function_id: str) -> bool:
    """Whether the file makes queues, and each of them can be full: only then `put` waits."""
    found = False
    table = function.index.tables[function_id.rpartition(":")[0]]
    for entry in table.functions.values():
        links = function.index.links.get(entry.id)
        callees = links.callees if links is not None else ()
        for call, callee in zip(entry.facts.calls, callees, strict=False):
            if callee in _QUEUES:
                size = call.argument(0, "maxsize")
                if size is None or size in ("#0", "#-1"):
                    return False
                found = True
    return found


def _value(argument: str) -> str:
    path = passed_value(argument)
    return path.lstrip("*")
