"""Reads what a `dispatch(request, call_next)` does before and after the application's own work.

Knows nothing of the class around it. What it does not recognise is refused with a reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import msgspec

from unlag.fixes import Refusal
from unlag.fixes.awaiting import following, preceding
from unlag.fixes.dispatch_obstacles import obstacle, reads_status
from unlag.fixes.names import imported, meaning, unused
from unlag.fixes.tree import Function, Place, running

_REQUESTS = ("starlette.requests.Request", "fastapi.Request", "fastapi.requests.Request")
_COMMENT = re.compile(r"#(?!\s*(?:type:|noqa|pragma|pylint|pyright))")
"""Comments of people; those for tools speak of a line that is no more."""
_ASGI = frozenset({"scope", "receive", "send"})


class Dispatch(msgspec.Struct, frozen=True):
    """One `dispatch`, taken apart."""

    place: Place
    """Of the function."""
    request: str
    call_next: str
    answer: ast.stmt | None
    """`response = await call_next(request)`, where something is done with the response."""
    after: tuple[ast.stmt, ...]
    """What is done with it."""
    headers: str
    """Name of the headers in what is written, empty where nobody looks at them."""
    message: str
    status: str
    """Name of the status in what is written; empty where nobody reads it, or somebody sets it."""
    uses_request: bool
    request_class: str
    """How the file calls `Request`, empty where it has no name for it."""
    response: str

    @property
    def wraps(self) -> bool:
        """Whether the response is looked at on its way out."""
        return bool(self.after)


def unit_of(place: Place) -> str:
    """One level of indentation, as the function around the place has it."""
    node = place.node
    assert isinstance(node, Function)
    outer, inner = place.lines[node.lineno - 1], place.lines[node.body[0].lineno - 1]
    depth = len(outer) - len(outer.lstrip())
    return inner[depth : len(inner) - len(inner.lstrip())] or "    "


def read(place: Place) -> Dispatch | Refusal:
    """What the coroutine function at `place` does before and after the application's own work."""
    node = place.node
    assert isinstance(node, ast.AsyncFunctionDef)
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args) if one.arg != "self"]
    if reason := _unfit(place, node, names):
        return Refusal(reason)
    request, call_next = names
    calls = [n for n in ast.walk(node) if is_call_of(n, call_next, request)]
    named = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == call_next]
    if len(calls) != len(named) or not calls:
        return Refusal(f"`{call_next}` is not only called with the request it got.")
    answer = _answer(node, calls)
    if isinstance(answer, Refusal):
        return answer
    after = _after(node, answer) if answer is not None else ()
    if isinstance(after, Refusal):
        return after
    response = _target(answer) if answer is not None else ""
    reason = obstacle(place, node, request, calls, after, response) or _shared_line(place, answer)
    if reason:
        return Refusal(reason)
    return Dispatch(
        place=place,
        request=request,
        call_next=call_next,
        answer=answer,
        after=tuple(after),
        headers=unused(place.at(node.body[0]), "headers")
        if _uses(after, response, "headers")
        else "",
        message=unused(place.at(node.body[0]), "message"),
        status=unused(place.at(node.body[0]), "status_code")
        if reads_status(after, response)
        else "",
        uses_request=any(_loads(statement, request, calls) for statement in node.body),
        request_class=_request_class(place, node, request),
        response=response,
    )


def _unfit(place: Place, node: ast.AsyncFunctionDef, names: list[str]) -> str | None:
    """What the function takes or means by its names that the method could not."""
    if len(names) != 2 or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
        return "It does not take just a request and `call_next`."
    if _COMMENT.search("\n".join(place.lines[node.lineno - 1 : end_of_head(place, node) - 1])):
        return "A comment in the function's head would be lost."
    if _ASGI & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
        return "It uses the names `scope`, `receive` or `send` itself: rewrite it by hand."
    return None


def _shared_line(place: Place, answer: ast.stmt | None) -> str | None:
    """Where a statement that becomes several has no line of its own."""
    node = place.node
    assert isinstance(node, Function)
    for statement in running(node.body):
        if not isinstance(statement, ast.Return) and statement is not answer:
            continue
        rest = following(place, statement)
        if preceding(place, statement) or (rest and not rest.startswith("#")):
            return f"Line {statement.lineno} holds more than one statement: rewrite it by hand."
    return None


def is_call_of(node: ast.AST, call_next: str, request: str) -> bool:
    """Whether a node is `call_next(request)`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given)], keywords=[]):
            return name == call_next and given == request
    return False


def _answer(node: ast.AsyncFunctionDef, calls: Sequence[ast.AST]) -> ast.stmt | Refusal | None:
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
        return Refusal("The response is part of a larger expression: give it a name first.")
    if len(named) > 1:
        return Refusal("The response is asked for in more than one place: rewrite it by hand.")
    return named[0] if named else None


def _target(answer: ast.stmt) -> str:
    target = answer.targets[0] if isinstance(answer, ast.Assign) else answer.target  # type: ignore[attr-defined] # an annotated assignment
    assert isinstance(target, ast.Name)
    return target.id


def _after(node: ast.AsyncFunctionDef, answer: ast.stmt) -> tuple[ast.stmt, ...] | Refusal:
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
    return Refusal(f"It does not end with `return {name}` where the response was asked for.")


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


def returns(statement: ast.stmt, name: str) -> bool:
    """Whether a statement returns what a name holds."""
    match statement:
        case ast.Return(value=ast.Name(id=returned)):
            return returned == name
    return False


def _uses(after: Sequence[ast.stmt], response: str, attribute: str) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr == attribute and ast.unparse(n.value) == response
        for statement in after
        for n in ast.walk(statement)
    )


def _loads(statement: ast.stmt, request: str, calls: Sequence[ast.AST]) -> bool:
    own = {id(call.args[0]) for call in calls if isinstance(call, ast.Call)}
    return any(
        isinstance(n, ast.Name) and n.id == request and id(n) not in own
        for n in ast.walk(statement)
    )


def _request_class(place: Place, node: ast.AsyncFunctionDef, request: str) -> str:
    for one in node.args.args:
        if one.arg == request and one.annotation is not None:
            if meaning(place.at(one.annotation), one.annotation) in _REQUESTS:
                return place.code(one.annotation)
    imports = (one for one in place.tree.body if isinstance(one, ast.ImportFrom))
    known = (written for one in imports for written, path in imported(one) if path in _REQUESTS)
    return next((name for name in known if _is_request(place, node, name)), "")


def _is_request(place: Place, node: ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a name is the imported `Request` in the function's body too."""
    inside = place.at(node.body[0])
    return meaning(inside, ast.Name(name, ast.Load())) in _REQUESTS


def end_of_head(place: Place, node: ast.AsyncFunctionDef) -> int:
    """The line below the colon that ends the head."""
    line = node.body[0].lineno - 1
    last = max([node.lineno, *(one.end_lineno or 0 for one in _parts_of_head(node))])
    while line > last and not place.lines[line - 1].split("#")[0].rstrip().endswith(":"):
        line -= 1
    return line + 1


def _parts_of_head(node: ast.AsyncFunctionDef) -> Iterator[ast.expr | ast.arg]:
    yield from node.args.args
    if node.returns is not None:
        yield node.returns
