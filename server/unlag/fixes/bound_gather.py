"""Lets only so many of the awaitables of an `asyncio.gather` run at a time, with a semaphore.

Order and results stay. Only a gather over one comprehension, one `map`, or a list made by one
comprehension is bounded: elsewhere it is not visible what runs.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import above, lines_from
from unlag.fixes.imports import library
from unlag.fixes.names import bound_in, dotted, loaded, meaning, unused
from unlag.fixes.syntax import parses
from unlag.fixes.tree import Place

_LIMIT = "10"
_STARTS_TASK = ("create_task", "ensure_future")


class Work(msgspec.Struct, frozen=True):
    """What runs once for each item."""

    place: Place
    """The expression that is replaced by the call of the bounded function."""
    parameters: tuple[str, ...]
    coroutine: str
    """The text of what the bounded function awaits."""
    call: str
    """How the bounded function is called; `{}` is its name."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Bound the gather at the span; the first argument is the limit, 10 without one."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if isinstance(place.node, ast.Await):
        place = place.at(place.node.value)
    in_coroutine = isinstance(next(iter(place.scopes), None), ast.AsyncFunctionDef)
    if not isinstance(place.node, ast.Call) or not in_coroutine:
        return Refusal("Only a call of `asyncio.gather` in a coroutine can be bounded.")
    work = _work(place, place.node)
    if isinstance(work, Refusal):
        return work
    asyncio = library(place, "asyncio")
    if asyncio is None:
        return Refusal("`asyncio` means something else here.")
    limit = next(iter(request.arguments), _LIMIT)
    semaphore, limited = unused(place, "semaphore"), unused(place, "limited")
    lines = lines_from(work.place)
    written = [
        f"{semaphore} = {asyncio.name}.Semaphore({limit})",
        "",
        f"async def {limited}({', '.join(work.parameters)}):",
        f"{lines.unit}async with {semaphore}:",
        f"{lines.unit * 2}return await {work.coroutine}",
        "",
    ]
    call = Edit(work.place.path, work.place.span(work.place.node), work.call.format(limited))
    return ordered((*asyncio.edits, above(work.place, lines, written), call))


def _work(place: Place, gather: ast.Call) -> Work | Refusal:
    if meaning(place, gather.func) != "asyncio.gather":
        return Refusal("Only `asyncio.gather` can be bounded.")
    match gather.args:
        case [ast.Starred(value=ast.ListComp() | ast.GeneratorExp() as items)]:
            return _from_comprehension(place.at(items))
        case [ast.Starred(value=ast.Call(func=ast.Name(id="map"), args=[_, _]) as items)]:
            return _from_map(place.at(items))
        case [ast.Starred(value=ast.Name(id=name))]:
            return _from_list(place, name)
    return Refusal("The awaitables are not made by one comprehension: bound them by hand.")


def _from_list(place: Place, name: str) -> Work | Refusal:
    """The comprehension that makes the list `name`, where nothing else touches the list."""
    function = place.function or place.tree
    binders = [binder for bound, binder in bound_in(function) if bound == name]
    users = list(loaded(ast.walk(function), name))
    whole = place.up_to(function)
    if len(binders) == len(users) == 1:
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and node.targets == binders:
                comprehension = node.value
                if isinstance(comprehension, ast.ListComp):
                    return _from_comprehension(whole.at(comprehension))
    return Refusal(f"`{name}` is not made by one comprehension alone: bound its items by hand.")


def _from_comprehension(place: Place) -> Work | Refusal:
    comprehension = place.node
    assert isinstance(comprehension, ast.ListComp | ast.GeneratorExp)
    element: ast.expr = comprehension.elt
    match element:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner, *_]) if (
            name in _STARTS_TASK
        ):
            element = inner
    item = place.at(element)
    if any(generator.is_async for generator in comprehension.generators):
        return Refusal("The comprehension is asynchronous: write a loop.")
    if reason := _unfit(item) or _sees_outer_loop(place, element):
        return Refusal(reason)
    targets = [node for one in comprehension.generators for node in ast.walk(one.target)]
    names = dict.fromkeys(node.id for node in targets if isinstance(node, ast.Name))
    used = tuple(name for name in names if any(loaded(ast.walk(element), name)))
    text = item.code(element)
    return Work(item, used, text if parses(text) else f"({text})", f"{{}}({', '.join(used)})")


def _from_map(place: Place) -> Work | Refusal:
    call = place.node
    assert isinstance(call, ast.Call)
    function = place.at(call.args[0])
    if not isinstance(function.node, ast.Name | ast.Attribute):
        return Refusal("The function given to `map` has no name.")
    if reason := _unfit(function):
        return Refusal(reason)
    item = unused(place, "item")
    return Work(function, (item,), f"{function.code(function.node)}({item})", "{}")


def _unfit(item: Place) -> str | None:
    """Why the awaited expression cannot move into a function of its own."""
    for node in ast.walk(item.node):
        if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            return "What is gathered binds, awaits or yields something itself."
    function = item.node.func if isinstance(item.node, ast.Call) else item.node
    for node in ast.walk(item.tree):
        match node:
            case ast.AsyncFunctionDef(name=name, body=[ast.AsyncWith(items=[limiter]), *_]) if (
                isinstance(function, ast.Name)
                and function.id == name
                and dotted(limiter.context_expr)
            ):
                return f"`{name}` is bounded already."
    return None


def _sees_outer_loop(place: Place, element: ast.expr) -> str | None:
    """A variable of a comprehension around the gather, unknown outside of it."""
    for outer in place.around:
        for generator in getattr(outer, "generators", ()):
            for node in ast.walk(generator.target):
                if isinstance(node, ast.Name) and any(loaded(ast.walk(element), node.id)):
                    return f"`{node.id}` is known only inside of the expression: write a loop."
    return None
