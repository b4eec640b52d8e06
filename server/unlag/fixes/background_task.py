"""Hands a call to `BackgroundTasks`: `send(x)` becomes `tasks.add_task(send, x)`.

With the argument `offloaded` the call is `await run_in_threadpool(send, x)`: background tasks bring their own thread.
The arguments are still worked out before the response. That nobody needs the result is for the rule to know.
"""

from __future__ import annotations

import ast

import libcst

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.signatures import given
from unlag.fixes.syntax import code, comments, parse_expression, with_first_argument
from unlag.fixes.tree import Place

_CLASSES = frozenset(
    {"fastapi.BackgroundTasks", "fastapi.background.BackgroundTasks", "starlette.background.BackgroundTasks"}
)  # fmt: skip


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Add the call at the span as a task, and the parameter and import that takes."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    call = place.node
    function = place.function
    if not isinstance(call, ast.Call) or function is None:
        return Refusal("Only a call in a function can become a task.")
    whole = place.up_to(place.parent) if isinstance(place.parent, ast.Await) else place
    if not isinstance(whole.parent, ast.Expr):
        return Refusal("The result of the call is used.")
    if any(isinstance(n, ast.Await | ast.Yield | ast.YieldFrom) for n in ast.walk(call)):
        return Refusal("The arguments await something: give that a name first.")
    if any(item.arg == "func" for item in call.keywords):
        return Refusal("`add_task` has a parameter `func` itself.")
    owner = place.up_to(function)
    found = _tasks(owner)
    if isinstance(found, Refusal):
        return found
    name, added = found
    text = _added(place, name, is_offloaded="offloaded" in request.arguments)
    if isinstance(text, Refusal):
        return text
    return ordered((*added, Edit(place.path, place.span(whole.node), text)))


def _tasks(owner: Place) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The name under which the function gets its `BackgroundTasks`, and the edits that make it so."""
    same = "starlette.background.BackgroundTasks"
    return given(owner, _CLASSES, "fastapi", "BackgroundTasks", same, "tasks")


def _added(place: Place, name: str, *, is_offloaded: bool) -> str | Refusal:
    text = place.code(place.node)
    parsed = parse_expression(text)
    if isinstance(parsed, Refusal):
        return parsed
    assert isinstance(parsed, libcst.Call)
    callee = libcst.parse_expression(f"{name}.add_task")
    plain = parsed.with_changes(whitespace_after_func=libcst.SimpleWhitespace(""))
    made = code(
        plain.with_changes(func=callee)
        if is_offloaded
        else with_first_argument(plain, callee, parsed.func)
    )
    if comments(made) != comments(text):
        return Refusal("A comment inside the call would be lost.")
    return made
