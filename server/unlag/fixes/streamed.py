"""Takes each step of a loop in a thread: `for x in f()` becomes `async for x in iterate_in_threadpool(f())`."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import member
from unlag.fixes.names import meaning
from unlag.fixes.threads import runner
from unlag.fixes.tree import Place, empty

_LAZY = frozenset({"concurrent.futures.as_completed"})


def is_streamed(place: Place) -> bool:
    """Whether a call gives something that waits anew at each step of the loop over it."""
    call = place.node
    if not isinstance(call, ast.Call):
        return False
    return _opens_stream(call) or _only_begins(place, call)


def streamed(place: Place) -> tuple[Edit, ...] | Refusal:
    """The loop over the call, with each step in a thread."""
    loop = place.parent
    call = place.node
    assert isinstance(call, ast.Call)
    if not isinstance(loop, ast.For) or loop.iter is not call:
        return Refusal(
            "Its work is done where it is looped over: loop with `iterate_in_threadpool`."
        )
    same = "starlette.concurrency.iterate_in_threadpool"
    available = member(place, "fastapi.concurrency", "iterate_in_threadpool", same)
    if available is None:
        return Refusal("`iterate_in_threadpool` means something else here.")
    edits = available.edits
    text = place.code(call)
    if _opens_stream(call):  # what opens the stream waits for the first answer
        found = runner(place, "to_thread")  # of another module: imports are put in one edit each
        if isinstance(found, Refusal):
            return found
        edits = (*found.edits, *edits)
        text = f"await {found.call(f'lambda: {text}')}"
    start = place.span(loop)
    return ordered(
        (
            *edits,
            Edit(place.path, empty(start.line, start.column), "async "),
            Edit(place.path, place.span(call), f"{available.name}({text})"),
        )
    )


def _opens_stream(call: ast.Call) -> bool:
    """Whether a client of a model is told to give its answer piece by piece."""
    return any(
        item.arg == "stream" and isinstance(item.value, ast.Constant) and item.value.value is True
        for item in call.keywords
    )


def _only_begins(place: Place, call: ast.Call) -> bool:
    """Whether a call waits for nothing itself: `as_completed`, and an executor's `map`."""
    loop = place.parent
    is_looped = isinstance(loop, ast.For | ast.comprehension) and loop.iter is call
    is_map = isinstance(call.func, ast.Attribute) and call.func.attr == "map"
    return meaning(place, call.func) in _LAZY or (is_map and is_looped)
