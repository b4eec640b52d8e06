"""Events by which a thread that was just started says that it has begun, before it does anything that takes long."""

from __future__ import annotations

import sys

from unlag.project.table import FunctionEntry
from unlag.rules.view import FunctionView
from unlag.source.facts import AWAITED, CONDITIONAL, IN_LOOP, Call
from unlag.source.paths import root


def is_set_first(function: FunctionView, waiter: FunctionEntry, wait: Call) -> bool:
    """Whether a function in the one that waits sets the event there, first of all.

    What goes before it are calls of the standard library alone: loggers, a new event loop.
    """
    event = wait.target.rpartition(".")[0]
    item = waiter.facts
    paths = [binding.path for binding in item.bindings if binding.name == event]
    if len(paths) != 1 or not paths[0].endswith("Event()"):
        return False
    functions = function.index.tables[waiter.path].functions
    return any(
        _sets_first(function, entry, f"{event}.set")
        for entry in functions.values()
        if entry.facts.parent == item.qualname
    )


def _sets_first(function: FunctionView, entry: FunctionEntry, setting: str) -> bool:
    links = function.index.links.get(entry.id)
    if links is None:
        return False
    calls = sorted(
        zip(entry.facts.calls, links.callees, strict=False),
        key=lambda pair: (pair[0].line, pair[0].column),
    )
    for call, callee in calls:
        if call.target == setting:
            return not call.flags & (CONDITIONAL | IN_LOOP)
        if not _is_quick(function, entry, call, callee):
            return False
    return False


def _is_quick(function: FunctionView, entry: FunctionEntry, call: Call, callee: str) -> bool:
    if call.flags & AWAITED:
        return False
    if ":" in callee:  # a class of the thread's own: what its constructor does is seen there
        path, _, name = callee.rpartition(":")
        return path == entry.path and name.startswith(f"{entry.facts.qualname}.")
    if callee:
        return _is_standard(callee) and function.known(callee, "blocking", "cpu") is None
    owner = root(call.target)
    paths = [binding.path for binding in entry.facts.bindings if binding.name == owner]
    return bool(paths) and all(map(_is_standard, paths))


def _is_standard(name: str) -> bool:
    return root(name) in sys.stdlib_module_names
