"""Writes a `dispatch(request, call_next)`, taken apart, as the `__call__` of ASGI middleware."""

from __future__ import annotations

import ast

from unlag.finding import Span
from unlag.fixes.blocks import indented
from unlag.fixes.dispatch import Dispatch, end_of_head, unit_of
from unlag.fixes.layout import quoted
from unlag.fixes.tree import Place
from unlag.source.dispatch import is_call_of, returns
from unlag.source.running import running


def written(body: Dispatch, name: str) -> str:
    """The whole method, at the depth of the function it is made from."""
    place, node = body.place, _function(body)
    unit = unit_of(place)
    span = place.span(node)
    indent = place.lines[span.line - 1][: span.column]
    replacements = [
        _early(body, statement)
        for statement in running(node.body)
        if isinstance(statement, ast.Return) and not _is_final(body, statement)
    ]
    if body.answer is not None:
        replacements.append((place.span(body.answer), _forwarded(body)))
    first = _first_statement(node)
    text = _replaced(place, first.lineno, span.end_line, replacements, _moved(body))
    head = f"{indent}async def {name}(self, scope: Scope, receive: Receive, send: Send) -> None:\n"
    docs, comments = _documented(place, node, first)
    return head + docs + _guard(body, indent + unit, unit) + comments + text


def docstring(body: Dispatch) -> str:
    """The lines of the function's docstring, as they are; empty where there is none."""
    node = _function(body)
    docs, _ = _documented(body.place, node, _first_statement(node))
    return docs.removesuffix("\n")


def _first_statement(node: ast.AsyncFunctionDef) -> ast.stmt:
    has_docs = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    return node.body[1] if has_docs else node.body[0]


def _between(place: Place, first: int, last: int) -> str:
    """The lines from `first` up to `last`, which is not among them."""
    return "".join(f"{line}\n" for line in place.lines[first - 1 : last - 1])


def _documented(place: Place, node: ast.AsyncFunctionDef, first: ast.stmt) -> tuple[str, str]:
    """The docstring, and the comments between it and the first statement."""
    below = end_of_head(place, node)
    if first is node.body[0]:
        return "", _between(place, below, first.lineno)
    end = (node.body[0].end_lineno or 0) + 1
    return _between(place, below, end), _between(place, end, first.lineno).lstrip("\n")


def _guard(body: Dispatch, indent: str, unit: str) -> str:
    place = body.place
    lines = [
        f"if scope[{quoted(place, 'type')}] != {quoted(place, 'http')}:",
        f"{unit}await self.app(scope, receive, send)",
        f"{unit}return",
        "",
    ]
    if body.uses_request:
        lines.append(f"{body.request} = {body.request_class or 'Request'}(scope)")
    return "".join(f"{indent}{line}\n" if line else "\n" for line in lines)


def _is_final(body: Dispatch, statement: ast.Return) -> bool:
    """Whether it is the `return response` that ends the function."""
    return body.answer is not None and returns(statement, body.response)


def _final(body: Dispatch) -> ast.Return:
    """The `return response` that ends the function."""
    returns = (s for s in running(_function(body).body) if isinstance(s, ast.Return))
    return next(statement for statement in returns if _is_final(body, statement))


def _early(body: Dispatch, statement: ast.Return) -> tuple[Span, str]:
    """What takes the place of an answer that is returned, or of the application's own."""
    place, node = body.place, _function(body)
    assert statement.value is not None
    span = place.span(statement)
    indent = place.lines[span.line - 1][: span.column]
    end = "" if _is_last(node.body, statement) else f"\n{indent}return"
    if isinstance(statement.value, ast.Await) and is_call_of(
        statement.value.value, body.call_next, body.request
    ):
        return span, f"await self.app(scope, receive, send){end}"
    code = place.code(statement.value)
    if isinstance(statement.value, ast.Name):
        return span, f"await {code}(scope, receive, send){end}"
    return span, f"response = {code}\n{indent}await response(scope, receive, send){end}"


def _is_last(block: list[ast.stmt], statement: ast.stmt) -> bool:
    last = block[-1]
    if last is statement:
        return True
    if isinstance(last, ast.If):
        return _is_last(last.body, statement) or bool(
            last.orelse and _is_last(last.orelse, statement)
        )
    if isinstance(last, ast.With | ast.AsyncWith):
        return _is_last(last.body, statement)
    if isinstance(last, ast.Try):
        return not last.orelse and _is_last(last.body, statement)
    return False


def _function(body: Dispatch) -> ast.AsyncFunctionDef:
    node = body.place.node
    assert isinstance(node, ast.AsyncFunctionDef)
    return node


def _forwarded(body: Dispatch) -> str:
    """The call of the application, with a sender around `send` where the response is looked at."""
    place = body.place
    assert body.answer is not None
    span = place.span(body.answer)
    indent, unit = place.lines[span.line - 1][: span.column], unit_of(place)
    end = "" if _is_last(_function(body).body, _final(body)) else f"\n{indent}return"
    if not body.after:
        return f"await self.app(scope, receive, send){end}"
    sender = "send_with_headers" if body.headers else "send_response"
    above = place.lines[span.line - 2].strip() if span.line > 1 else ""
    if body.answer is _first_statement(_function(body)):
        is_apart = above.startswith("#") or not body.uses_request  # an empty line ends the guard
    else:
        is_apart = not above or above.startswith("#") or above[-1] == ":"
    gap = "" if is_apart else f"\n{indent}"
    start = quoted(place, "http.response.start")
    lines = [
        f"{gap}async def {sender}({body.message}: Message) -> None:",
        f"{indent}{unit}if {body.message}[{quoted(place, 'type')}] == {start}:",
    ]
    if body.headers:
        lines.append(f"{indent}{unit * 2}{body.headers} = MutableHeaders(scope={body.message})")
    if body.status:
        lines.append(f"{indent}{unit * 2}{body.status} = {_status_of(body)}")
    lines += [_deeper(body, unit * 2), f"{indent}{unit}await send({body.message})", ""]
    return "\n".join([*lines, f"{indent}await self.app(scope, receive, {sender}){end}"])


def _moved(body: Dispatch) -> tuple[int, int]:
    """The lines that move into the sender, and the final `return` with them."""
    if body.answer is None:
        return 0, 0
    place, final = body.place, _final(body)
    first = (body.answer.end_lineno or 0) + 1 if body.after else final.lineno
    while not body.after and not place.lines[first - 2].strip():
        first -= 1
    return first, final.end_lineno or 0


def _status_of(body: Dispatch) -> str:
    return f"{body.message}[{quoted(body.place, 'status')}]"


def _deeper(body: Dispatch, added: str) -> str:
    """What is done with the response, told in terms of the message, deeper by `added`."""
    place = body.place
    assert body.answer is not None
    replacements = []
    for statement in body.after:
        for inner in ast.walk(statement):
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                if inner.value.id == body.response:
                    status = body.status or _status_of(body)
                    word = body.headers if inner.attr == "headers" else status
                    replacements.append((place.span(inner), word))
    first = (body.answer.end_lineno or 0) + 1
    last = body.after[-1].end_lineno or 0
    text = _replaced(place, first, last, replacements, (0, 0))
    return indented(text.strip("\n"), added)


def _replaced(
    place: Place,
    first: int,
    last: int,
    replacements: list[tuple[Span, str]],
    left_out: tuple[int, int],
) -> str:
    """The lines from `first` to `last` with some stretches replaced and some lines left out."""
    lines = list(place.lines[first - 1 : last])
    for span, text in sorted(replacements, reverse=True):
        if left_out[0] <= span.line <= left_out[1]:
            continue
        before = lines[span.line - first][: span.column]
        after = lines[span.end_line - first][span.end_column :]
        if text.startswith("\n"):
            before = ""  # an empty line has no blanks
        lines[span.line - first : span.end_line - first + 1] = [before + text + after]
    if left_out[0]:
        shift = len(lines) - (last - first + 1)
        cut = slice(left_out[0] - first + shift, left_out[1] - first + shift + 1)
        lines = _without(lines, cut)
    return "\n".join(lines)


def _without(lines: list[str], cut: slice) -> list[str]:
    return lines[: cut.start] + lines[cut.stop :]
