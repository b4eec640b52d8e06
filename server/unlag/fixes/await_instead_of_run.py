"""Awaits what was given to a new event loop: `asyncio.run(f(x))` becomes `await f(x)`.

Only inside of a coroutine, and only where the call has no options of its own.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import awaited, obstacle
from unlag.fixes.blocks import hoisted
from unlag.fixes.names import meaning
from unlag.fixes.syntax import comments, parses
from unlag.fixes.tree import Place

_TAKES_FUNCTION = {"anyio.run", "trio.run", "anyio.from_thread.run"}
_WRAPS = {"asgiref.sync.async_to_sync", "asgiref.sync.AsyncToSync"}
_LOOPS = {"asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop"}


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Await the coroutine itself in place of the call at the span."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    outer = place.parent
    if meaning(place, call.func) in _WRAPS and isinstance(outer, ast.Call) and outer.func is call:
        place, call = place.up_to(outer), outer
    reason = obstacle(place)
    text = Refusal(reason) if reason else _coroutine(place, call)
    if isinstance(text, Refusal):
        return text
    if comments(text) == comments(place.code(call)):
        return (awaited(place, text),)
    return Refusal("A comment inside the call would be lost.")


def _coroutine(place: Place, call: ast.Call) -> str | Refusal:
    """The text of what gives the coroutine."""
    if isinstance(call.func, ast.Call) and meaning(place, call.func.func) in _WRAPS:
        return _unwrapped(place, call, call.func)
    path = meaning(place, call.func) or ""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if path not in {"asyncio.run", *_TAKES_FUNCTION} and method != "run_until_complete":
        return Refusal("It is not known what this call does with a coroutine.")
    if method == "run_until_complete" and not _is_harmless(place, call.func):
        return Refusal("The event loop is made by a call: keep what else that call does.")
    if call.keywords or not call.args or isinstance(call.args[0], ast.Starred):
        return Refusal("The call has options that `await` cannot keep.")
    if path in _TAKES_FUNCTION:
        return _called(place, call)
    if len(call.args) > 1:
        return Refusal("The call has options that `await` cannot keep.")
    return _awaitable(place, call.args[0])


def _unwrapped(place: Place, call: ast.Call, wrapper: ast.Call) -> str | Refusal:
    """`async_to_sync(f)(x)` as `f(x)`."""
    if len(wrapper.args) != 1 or wrapper.keywords or isinstance(wrapper.args[0], ast.Starred):
        return Refusal("`async_to_sync` has options that `await` cannot keep.")
    start, end = place.span(wrapper), place.span(call)
    arguments = Span(start.end_line, start.end_column, end.end_line, end.end_column)
    return _callee(place, wrapper.args[0]) + place.between(arguments).lstrip(" ")


def _called(place: Place, call: ast.Call) -> str:
    """`anyio.run(f, x)` as `f(x)`."""
    function, *arguments = call.args
    if not arguments:
        return f"{_callee(place, function)}()"
    start, end = place.span(function), place.span(call)
    rest = place.between(Span(start.end_line, start.end_column, end.end_line, end.end_column))
    return f"{_callee(place, function)}({rest.partition(',')[2].lstrip()}"


def _callee(place: Place, function: ast.expr) -> str:
    text = place.code(function)
    simple = isinstance(function, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return text if simple else f"({text})"


def _awaitable(place: Place, coroutine: ast.expr) -> str:
    line = place.lines[place.span(place.node).line - 1]
    text = hoisted(place, coroutine, line[: len(line) - len(line.lstrip())])
    simple = isinstance(coroutine, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return text if simple and parses(text) else f"({text})"


def _is_harmless(place: Place, method: ast.expr) -> bool:
    """Whether asking for the loop does nothing but that."""
    assert isinstance(method, ast.Attribute)
    loop = method.value
    if isinstance(loop, ast.Call):
        return meaning(place, loop.func) in _LOOPS and not loop.args
    return isinstance(loop, ast.Name | ast.Attribute)
