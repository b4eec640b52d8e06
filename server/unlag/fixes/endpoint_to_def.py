"""Turns an `async def` that awaits nothing into a `def`, which FastAPI runs in its thread pool.

It looks at one file: that no other file awaits the function is for the rule to know.
"""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.names import bound_in, dotted, meaning, visible_scopes
from unlag.fixes.tree import Comprehension, Place
from unlag.source.lazy_answers import lazy_answer
from unlag.source.running import own_nodes

_LOOP_LIBRARIES = ("asyncio.", "anyio.", "trio.")
_FREE_OF_LOOP = ("asyncio.run", "anyio.run", "trio.run", "anyio.from_thread.run")
_COROUTINES_ONLY = {"websocket", "websocket_route", "middleware", "asynccontextmanager"}
_TAKES_EITHER = {"Depends", "Security", "add_api_route", "APIRoute", "add_route", "Route"}


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Remove `async` from the coroutine function that the span stands in."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    found = [node for node in inside.chain if isinstance(node, ast.AsyncFunctionDef)]
    if not found:
        return Refusal("The place stands in no `async def`.")
    endpoint = found[-1]
    place = inside.up_to(endpoint)
    reason = (
        _needs_loop(place.at(endpoint.body[0]), endpoint)
        or _needs_coroutine(endpoint)
        or _leaves_work(endpoint)
        or _used_as_coroutine(place, endpoint)
    )
    return Refusal(reason) if reason else _without_async(place)


def _needs_loop(inside: Place, endpoint: ast.AsyncFunctionDef) -> str | None:
    name = endpoint.name
    for node in own_nodes(endpoint):
        match node:
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                return f"`{name}` awaits in line {node.lineno}, so it has to stay a coroutine."
            case ast.comprehension(is_async=1):
                return f"`{name}` has an `async for`, so it has to stay a coroutine."
            case ast.Call():
                path = meaning(inside, node.func) or ""
                if path.startswith(_LOOP_LIBRARIES) and path not in _FREE_OF_LOOP:
                    return f"`{name}` calls `{path}` in line {node.lineno}, which needs the loop."
            case ast.Return(value=ast.Call(func=callee)) if _is_own_coroutine(inside, callee):
                return f"`{name}` returns a coroutine in line {node.lineno}: await it first."
    return None


def _is_own_coroutine(place: Place, callee: ast.expr) -> bool:
    name = (dotted(callee) or "").removeprefix("self.").removeprefix("cls.")
    return any(
        isinstance(node, ast.AsyncFunctionDef) and node.name == name
        for node in ast.walk(place.tree)
    )


def _needs_coroutine(endpoint: ast.AsyncFunctionDef) -> str | None:
    if re.fullmatch(r"__a\w+__", endpoint.name):
        return f"Python awaits `{endpoint.name}` itself, so it has to stay a coroutine."
    for decorator in endpoint.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        last = (dotted(called) or "").rpartition(".")[2]
        if last in _COROUTINES_ONLY:
            return f"`@{dotted(called)}` takes coroutine functions only."
    return None


def _leaves_work(endpoint: ast.AsyncFunctionDef) -> str | None:
    """Where the answer would still be worked out on the loop."""
    lazy = lazy_answer(endpoint)
    if lazy is None:
        return None
    return (
        f"FastAPI goes through the generator of line {lazy.lineno} on the event loop: return a list, "
        "which the thread works out."
    )


def _used_as_coroutine(place: Place, endpoint: ast.AsyncFunctionDef) -> str | None:
    """Where this file uses the function in a way a plain function would not serve."""
    method = isinstance(place.parent, ast.ClassDef)
    harmless = {id(one) for node in ast.walk(place.tree) for one in _given_to_framework(node)}
    for node in ast.walk(place.tree):
        if id(node) in harmless:
            continue
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if not method and name == endpoint.name:
                if not _is_another(place, node):
                    return f"`{name}` is used in line {node.lineno}, where a coroutine is expected."
            case ast.Attribute(attr=name) if method and name == endpoint.name:
                return f"`{name}` is used in line {node.lineno}, where a coroutine is expected."
    return None


def _is_another(endpoint: Place, name: ast.Name) -> bool:
    """Whether a function or comprehension has a name of its own that is written like the endpoint's."""
    place = endpoint.up_to(endpoint.tree).at(name)
    home = endpoint.scopes[0] if endpoint.scopes else endpoint.tree
    for comprehension in (node for node in place.around if isinstance(node, Comprehension)):
        targets = [one.target for one in comprehension.generators]
        if any(_names(target, name.id) for target in targets):
            return True
    for scope in visible_scopes(place):
        if scope is home:
            return False
        if any(bound == name.id for bound, _ in bound_in(scope)):
            return True
    return False


def _names(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _given_to_framework(node: ast.AST) -> list[ast.expr]:
    """Arguments of calls that take plain functions as well as coroutine functions."""
    if not isinstance(node, ast.Call):
        return []
    last = (dotted(node.func) or "").rpartition(".")[2]
    if last not in _TAKES_EITHER:
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _without_async(place: Place) -> tuple[Edit, ...] | Refusal:
    span = place.span(place.node)
    written = re.match(r"async[ \t]+(?=def\b)", place.lines[span.line - 1][span.column :])
    if not written:
        return Refusal("`async` and `def` stand on different lines: remove `async` by hand.")
    end = span.column + len(written.group())
    return (Edit(place.path, Span(span.line, span.column, span.line, end), ""),)
