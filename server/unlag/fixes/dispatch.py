"""Reads what a `dispatch(request, call_next)` does before and after the application's own work, for who writes it anew.

Knows nothing of the class around it. What is in the way in its text is refused with a reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import msgspec

from unlag.fixes import Refusal
from unlag.fixes.awaiting import following, preceding
from unlag.fixes.names import imported, meaning, unused
from unlag.fixes.tree import Place
from unlag.source.dispatch import Parts, parts_of
from unlag.source.dispatch_obstacles import Functions, reads_status
from unlag.source.running import Function, running

_REQUESTS = ("starlette.requests.Request", "fastapi.Request", "fastapi.requests.Request")
_COMMENT = re.compile(r"#(?!\s*(?:type:|noqa|pragma|pylint|pyright))")
"""Comments of people; those for tools speak of a line that is no more."""


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
    parts = parts_of(node, _named_in(place.tree))
    if isinstance(parts, str):
        return Refusal(parts)
    after, response = parts.after, parts.response
    if reason := _unfit(place, node, parts):
        return Refusal(reason)
    return Dispatch(
        place=place,
        request=parts.request,
        call_next=parts.call_next,
        answer=parts.answer,
        after=after,
        headers=unused(place.at(node.body[0]), "headers")
        if _uses(after, response, "headers")
        else "",
        message=unused(place.at(node.body[0]), "message"),
        status=unused(place.at(node.body[0]), "status_code")
        if reads_status(after, response)
        else "",
        uses_request=any(_loads(statement, parts.request, parts.calls) for statement in node.body),
        request_class=_request_class(place, node, parts.request),
        response=response,
    )


def _named_in(tree: ast.Module) -> Functions:
    def named(name: str) -> Iterator[Function]:
        for node in ast.walk(tree):
            if isinstance(node, Function) and node.name == name:
                yield node

    return named


def _unfit(place: Place, node: ast.AsyncFunctionDef, parts: Parts) -> str | None:
    """What in the function's text is in the way."""
    if _COMMENT.search("\n".join(place.lines[node.lineno - 1 : end_of_head(place, node) - 1])):
        return "A comment in the function's head would be lost."
    return _hidden(place, parts.after, parts.response) or _shared_line(place, parts.answer)


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


def _hidden(place: Place, after: Sequence[ast.stmt], response: str) -> str | None:
    """A use of the response whose place this Python does not know: inside of some f-strings."""
    for statement in after:
        for inner in ast.walk(statement):
            if isinstance(inner, ast.Attribute) and ast.unparse(inner.value) == response:
                if place.code(inner) != ast.unparse(inner):
                    return "This Python cannot tell where the response is used in an f-string."
            if isinstance(inner, ast.JoinedStr) and _sets_status(after, response):
                if f"{response}.status_code" in place.code(inner):
                    return "The status is set, and used in an f-string: rewrite it by hand."
    return None


def _sets_status(after: Sequence[ast.stmt], response: str) -> bool:
    return not reads_status(after, response)


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
