"""`requests.get(u)` becomes a request of an `httpx.AsyncClient` opened around the statement.

Keeps what requests does by default: redirects are followed and there is no time limit. Where the
response is used in a way httpx answers differently, or an argument has no equal, it refuses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.awaiting import awaited, ordered
from unlag.fixes.blocks import indented, lines_of, replaced, text_of
from unlag.fixes.httpx_arguments import Request, from_httpx, from_requests
from unlag.fixes.imports import library
from unlag.fixes.names import meaning, unused
from unlag.fixes.syntax import code, comments, parse_expression
from unlag.fixes.tree import Place

_SAME_IN_HTTPX = ("status_code", "json", "text", "content", "headers", "raise_for_status")
_SIMPLE = (
    ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Raise | ast.Assert
)


def rewrite(place: Place, callee: str, counterpart: str) -> tuple[Edit, ...] | Refusal:
    """Open a client around the statement and await the request on it."""
    owner, _, verb = callee.partition(".")
    if owner not in ("requests", "httpx") or "." in verb:
        return Refusal(f"`{callee}` keeps state between requests that a new client does not have.")
    if not _is_first_of(place.statement, place):
        return Refusal("The call stands in the head of a block: give it a line of its own first.")
    if owner == "requests" and (reason := _response_unfit(place) or _errors_unfit(place)):
        return Refusal(reason)
    parsed = parse_expression(place.code(place.node))
    if isinstance(parsed, Refusal):
        return parsed
    assert isinstance(parsed, libcst.Call)
    request = from_requests(parsed, verb) if owner == "requests" else from_httpx(parsed, verb)
    return request if isinstance(request, Refusal) else _wrapped(place, parsed, request)


def _wrapped(place: Place, call: libcst.Call, request: Request) -> tuple[Edit, ...] | Refusal:
    httpx = library(place, "httpx")
    lines = lines_of(place, place.statement)
    if isinstance(lines, Refusal):
        return lines
    if httpx is None:
        return Refusal("`httpx` means something else here.")
    client = unused(place, "client")
    function = libcst.parse_expression(f"{client}.{request.method}")
    made = code(call.with_changes(func=function, args=request.arguments))
    if comments(made) != comments(place.code(place.node)):
        return Refusal("A comment inside the call would be lost.")
    head = f"{lines.indent}async with {httpx.name}.AsyncClient({request.client}) as {client}:\n"
    body = indented(
        _within(place, awaited(place, made), text_of(place, lines), lines.first), lines.unit
    )
    return ordered((*httpx.edits, replaced(place, lines, head + body)))


def _within(place: Place, edit: Edit, text: str, first_line: int) -> str:
    """`text`, which starts with `first_line`, with `edit` made in it."""
    lines = text.split("\n")
    start, end = edit.span.line - first_line, edit.span.end_line - first_line
    before = "\n".join([*lines[:start], lines[start][: edit.span.column]])
    after = "\n".join([lines[end][edit.span.end_column :], *lines[end + 1 :]])
    return before + edit.text + after


def _is_first_of(statement: ast.stmt, place: Place) -> bool:
    """Whether the statement evaluates the call once, and can stand inside of `async with`."""
    if isinstance(statement, _SIMPLE):
        return True
    if isinstance(statement, ast.If):
        return statement.test in place.chain
    if isinstance(statement, ast.For):
        return statement.iter in place.chain
    return isinstance(statement, ast.Match) and statement.subject in place.chain


def _response_unfit(place: Place) -> str | None:
    """How the response is used that httpx would answer differently."""
    parent = place.parent
    if isinstance(parent, ast.Expr) or _is_same(parent):
        return None
    if isinstance(parent, ast.NamedExpr) and not _is_same(place.up_to(parent).parent):
        return "The response is tested or handed on where it gets its name."
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.NamedExpr(target=ast.Name(id=name)):
            for user in _users(place, name):
                if not _is_same(user):
                    return f"`{name}` is used in line {user.lineno} as httpx's response cannot be."  # type: ignore[attr-defined]
            return None
        case ast.Attribute(attr=name):
            return f"httpx's response has no `{name}` that means the same."
    return "The response of requests is handed on: httpx's is of another class."


def _is_same(user: ast.AST) -> bool:
    return isinstance(user, ast.Attribute) and user.attr in _SAME_IN_HTTPX


def _users(place: Place, name: str) -> Iterator[ast.AST]:
    """What each reading of `name` in the coroutine is part of."""
    for node in ast.walk(place.function or place.tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name) and child.id == name and isinstance(child.ctx, ast.Load):
                yield node if hasattr(node, "lineno") else child


def _errors_unfit(place: Place) -> str | None:
    """A handler around the call that catches the errors of requests."""
    for node in place.around:
        if not isinstance(node, ast.Try):
            continue
        for handler in node.handlers:
            for one in ast.walk(handler.type) if handler.type else ():
                path = meaning(place, one) or ""
                if path.startswith(("requests.", "urllib3.")):
                    caught = f"`except {ast.unparse(one)}` in line {handler.lineno}"
                    return f"{caught} catches no error of httpx."
    return None
