"""Takes a `dispatch(request, call_next)` apart: what it does before and after the application's own work.

Asks its tree alone, so that a rule can ask before a fix is offered and the fix again when it is made. What it does
not recognise is refused with a reason, in words for the user.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from unlag.source.dispatch_obstacles import Functions, obstacle
from unlag.source.running import Function, running

_ASGI = frozenset({"scope", "receive", "send"})


class Parts(msgspec.Struct, frozen=True):
    """The parts of one `dispatch`."""

    request: str
    call_next: str
    calls: tuple[ast.AST, ...]
    """Those of the application."""
    answer: ast.stmt | None
    """`response = await call_next(request)`, where something is done with the response."""
    after: tuple[ast.stmt, ...]
    """What is done with it."""
    response: str


def parts_of(node: ast.AsyncFunctionDef, functions: Functions) -> Parts | str:
    """The parts, or why the method of a class of pure ASGI middleware could not do the same."""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args) if one.arg != "self"]
    if len(names) != 2 or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
        return "It does not take just a request and `call_next`."
    if _ASGI & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
        return "It uses the names `scope`, `receive` or `send` itself: rewrite it by hand."
    request, call_next = names
    calls = tuple(n for n in ast.walk(node) if is_call_of(n, call_next, request))
    named = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == call_next]
    if len(calls) != len(named) or not calls:
        return f"`{call_next}` is not only called with the request it got."
    answer = _answer(node, calls)
    if isinstance(answer, str):
        return answer
    after = _after(node, answer) if answer is not None else ()
    if isinstance(after, str):
        return after
    response = _target(answer) if answer is not None else ""
    reason = obstacle(node, request, calls, after, response, functions)
    return reason or Parts(request, call_next, calls, answer, after, response)


def is_call_of(node: ast.AST, call_next: str, request: str) -> bool:
    """Whether a node is `call_next(request)`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given)], keywords=[]):
            return name == call_next and given == request
    return False


def returns(statement: ast.stmt, name: str) -> bool:
    """Whether a statement returns what a name holds."""
    match statement:
        case ast.Return(value=ast.Name(id=returned)):
            return returned == name
    return False


def _answer(node: ast.AsyncFunctionDef, calls: Sequence[ast.AST]) -> ast.stmt | str | None:
    """The one statement that gives the response a name; None where it is always returned at once."""
    named: list[ast.stmt] = []
    at_once = 0
    for statement in running(node.body):
        match statement:
            case ast.Assign(targets=[ast.Name()], value=ast.Await(value=call)) if call in calls:
                named.append(statement)
            case ast.AnnAssign(target=ast.Name(), value=ast.Await(value=call)) if call in calls:
                named.append(statement)
            case ast.Return(value=ast.Await(value=call)) if call in calls:
                at_once += 1
    if len(named) + at_once != len(calls):
        return "The response is part of a larger expression: give it a name first."
    if len(named) > 1:
        return "The response is asked for in more than one place: rewrite it by hand."
    return named[0] if named else None


def _target(answer: ast.stmt) -> str:
    target = answer.targets[0] if isinstance(answer, ast.Assign) else answer.target  # type: ignore[attr-defined] # an annotated assignment
    assert isinstance(target, ast.Name)
    return target.id


def _after(node: ast.AsyncFunctionDef, answer: ast.stmt) -> tuple[ast.stmt, ...] | str:
    """The statements between the answer and `return response`, which ends the function."""
    chain = _blocks_to(node.body, answer)
    name = _target(answer)
    block, position = chain[-1]
    following = tuple(block[position + 1 :])
    if following and returns(following[-1], name):
        return following[:-1]
    for outer, at in reversed(chain[:-1]):
        if not isinstance(outer[at], ast.With | ast.AsyncWith | ast.Try):
            break
        rest = outer[at + 1 :]
        if rest:
            is_plain = len(rest) == 1 and returns(rest[0], name)
            if is_plain and not (following and isinstance(outer[at], ast.Try)):
                return following
            break
    return f"It does not end with `return {name}` where the response was asked for."


def _blocks_to(body: list[ast.stmt], wanted: ast.stmt) -> list[tuple[list[ast.stmt], int]]:
    """The blocks from the function's body down to the one that holds `wanted`, with positions."""
    for index, statement in enumerate(body):
        if statement is wanted:
            return [(body, index)]
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(statement, field, None)
            if isinstance(inner, list) and inner and not isinstance(statement, Function):
                found = _blocks_to(inner, wanted)
                if found:
                    return [(body, index), *found]
    return []
