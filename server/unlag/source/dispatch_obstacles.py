"""What keeps a `dispatch(request, call_next)` from becoming the `__call__` of ASGI middleware.

Each question is answered with the reason, in words for the user, or None.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from unlag.source.running import Function, running

Functions: TypeAlias = Callable[[str], Iterable[ast.AST]]
"""Gives the functions of the same file that a name can mean there, or behind `self`."""

_BODIES = frozenset({"body", "json", "form", "stream", "receive", "is_disconnected", "close"})
_OF_SCOPE = frozenset(
    {"url", "base_url", "headers", "query_params", "path_params", "cookies", "client", "session", "auth",
     "user", "state", "method", "scope", "app", "url_for", "get"}
)  # fmt: skip
_DEEPEST = 3
"""How many functions the request is followed through."""


def obstacle(
    node: ast.AsyncFunctionDef,
    request: str,
    calls: Sequence[ast.AST],
    after: Sequence[ast.stmt],
    response: str,
    functions: Functions,
) -> str | None:
    """Why the function cannot be rewritten; None where nothing stands in the way.

    `calls` are the calls of the application, `after` is what is done with its `response`.
    """
    return (
        _unfit(node, after, calls)
        or _request_leaves(node, request, calls, functions)
        or (_response_leaves(node, after, response) if response else None)
        or _shared_names(node, after, response)
    )


def _unfit(
    node: ast.AsyncFunctionDef, after: Sequence[ast.stmt], calls: Sequence[ast.AST]
) -> str | None:
    """What keeps the function's control flow from being carried over."""
    for inner in running(after):
        if isinstance(inner, ast.Return):
            return (
                "It can answer with something else once the response is there: rewrite it by hand."
            )
        if isinstance(inner, ast.Raise):
            return "It can raise once the response is there: rewrite it by hand."
    for inner in running(node.body):
        match inner:
            case ast.Try(handlers=handlers) if handlers and _holds(inner, calls):
                return "It catches exceptions of the application: rewrite it by hand."
            case ast.Try(handlers=handlers, body=tried) if handlers:
                if any(isinstance(one, ast.Return) for one in running(tried)):
                    return "It answers from inside of a `try`: rewrite it by hand."
            case ast.Global() | ast.Nonlocal() if _sets_apart(inner, node, after):
                return "It sets names outside of itself: rewrite it by hand."
            case ast.With() | ast.AsyncWith() | ast.Try() if _answers_before_its_end(inner, calls):
                return "It answers from inside of a block that ends before the answer is sent: rewrite it by hand."
            case ast.For() | ast.AsyncFor() | ast.While() if _holds(inner, calls):
                return "It asks for the response in a loop: rewrite it by hand."
            case ast.Yield() | ast.YieldFrom():
                return "It is a generator."
            case ast.Return(value=None):
                return "It returns nothing in one place."
    return None


def _answers_before_its_end(
    block: ast.With | ast.AsyncWith | ast.Try, calls: Sequence[ast.AST]
) -> bool:
    """Whether a block that is left before the application is asked, such as that of a lock, holds an answer."""
    if (isinstance(block, ast.Try) and not block.finalbody) or _holds(block, calls):
        return False
    return any(isinstance(one, ast.Return) for one in running([block]))


def _sets_apart(
    told: ast.Global | ast.Nonlocal, node: ast.AsyncFunctionDef, after: Sequence[ast.stmt]
) -> bool:
    """Whether names that are told to be those of outside are set in another function than that once there are two."""
    late = list(running(after))
    inside = {id(inner) for inner in late}
    return any(
        isinstance(one, ast.Name)
        and one.id in told.names
        and not isinstance(one.ctx, ast.Load)
        and (id(one) in inside) != (told in late)
        for one in ast.walk(node)
    )


def _holds(node: ast.AST, calls: Sequence[ast.AST]) -> bool:
    return any(inner in calls for inner in ast.walk(node))


def _request_leaves(
    node: ast.AsyncFunctionDef, request: str, calls: Sequence[ast.AST], functions: Functions
) -> str | None:
    """Where the request is read as more than its scope, or handed to somebody who can do that."""
    own = {id(call.args[0]) for call in calls if isinstance(call, ast.Call)}
    parents = _parents(node)
    for user in ast.walk(node):
        if not isinstance(user, ast.Name) or user.id != request or id(user) in own:
            continue
        parent = parents[id(user)]
        if isinstance(parent, ast.Attribute):
            if parent.attr in _BODIES:
                return (
                    f"It reads the request's body (`{request}.{parent.attr}`): rewrite it by hand."
                )
            if parent.attr in _OF_SCOPE:
                continue
            return f"It uses `{request}.{parent.attr}`, which is not known here."
        if not _only_reads_scope(parent, user, functions, _DEEPEST):
            return f"It hands the request on in line {user.lineno}, where the body can be read."
    return None


def _only_reads_scope(user: ast.AST, given: ast.Name, functions: Functions, depth: int) -> bool:
    """Whether a call hands the request to functions of this file that look at its scope alone."""
    if not isinstance(user, ast.Call) or given not in user.args or not depth:
        return False
    name = user.func.id if isinstance(user.func, ast.Name) else ""
    if isinstance(user.func, ast.Attribute) and ast.unparse(user.func.value) == "self":
        name = user.func.attr
    found = [one for one in functions(name) if isinstance(one, Function)] if name else []
    position = user.args.index(given)
    return bool(found) and all(_reads_scope(one, position, functions, depth - 1) for one in found)


def _reads_scope(function: Function, position: int, functions: Functions, depth: int) -> bool:
    names = [one.arg for one in function.args.args if one.arg != "self"]
    if position >= len(names):
        return False
    parents = _parents(function)
    for user in ast.walk(function):
        if isinstance(user, ast.Name) and user.id == names[position]:
            parent = parents[id(user)]
            if isinstance(parent, ast.Attribute) and parent.attr in _OF_SCOPE:
                continue
            if not _only_reads_scope(parent, user, functions, depth):
                return False
    return True


def _response_leaves(
    node: ast.AsyncFunctionDef, after: Sequence[ast.stmt], response: str
) -> str | None:
    """Where the response is used as more than its headers and status, or outside of `after`."""
    parents = _parents(node)
    inside = {id(inner) for statement in after for inner in ast.walk(statement)}
    for user in ast.walk(node):
        if not isinstance(user, ast.Name) or user.id != response:
            continue
        parent = parents[id(user)]
        if id(user) not in inside:
            if isinstance(user.ctx, ast.Store) or isinstance(parent, ast.Return):
                continue
            return f"`{response}` is used before the application's answer is there."
        if not isinstance(parent, ast.Attribute):
            return f"It hands the response on in line {user.lineno}: rewrite it by hand."
        if parent.attr in ("body", "body_iterator"):
            return f"It reads or rewrites the response's body (`{response}.{parent.attr}`): rewrite it by hand."
        if parent.attr not in ("headers", "status_code"):
            return f"It uses `{response}.{parent.attr}`, which pure ASGI middleware does not have."
    return None


def _shared_names(
    node: ast.AsyncFunctionDef, after: Sequence[ast.stmt], response: str
) -> str | None:
    """A name that would need a value in two functions once there are two."""
    inside = {id(inner) for statement in after for inner in ast.walk(statement)}
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    stored = [n for n in names if isinstance(n.ctx, ast.Store)]
    if sum(n.id == response for n in stored) > 1:
        return f"`{response}` is given a value in more than one place: rewrite it by hand."
    told = [n for n in running(node.body) if isinstance(n, ast.Global | ast.Nonlocal)]
    late = {n.id for n in stored if id(n) in inside}.difference(*(one.names for one in told))
    for name in sorted(late):
        if any(n.id == name and id(n) not in inside for n in names):
            return (
                f"`{name}` is set after the response is there and used before: rewrite it by hand."
            )
    return None


def reads_status(after: Sequence[ast.stmt], response: str) -> bool:
    """Whether the status is read, and never set."""
    uses = [
        n.ctx
        for statement in after
        for n in ast.walk(statement)
        if isinstance(n, ast.Attribute) and ast.unparse(n) == f"{response}.status_code"
    ]
    return bool(uses) and all(isinstance(context, ast.Load) for context in uses)


def _parents(node: ast.AST) -> dict[int, ast.AST]:
    return {
        id(child): parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)
    }
