"""Reads what a `dispatch(request, call_next)` does, and writes it as the `__call__` of ASGI middleware.

Knows nothing of the class around it. What it does not recognise is refused with a reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import msgspec

from unlag.finding import Span
from unlag.fixes import Refusal
from unlag.fixes.blocks import indented
from unlag.fixes.layout import quoted
from unlag.fixes.names import meaning, unused
from unlag.fixes.tree import Function, Place, running

_BODIES = frozenset({"body", "json", "form", "stream", "receive", "is_disconnected", "close"})
_OF_SCOPE = frozenset(
    {"url", "base_url", "headers", "query_params", "path_params", "cookies", "client", "session", "auth",
     "user", "state", "method", "scope", "app", "url_for", "get"}
)  # fmt: skip
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
    if len(names) != 2 or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
        return Refusal("It does not take just a request and `call_next`.")
    request, call_next = names
    if _COMMENT.search("\n".join(place.lines[node.lineno - 1 : _end_of_head(place, node) - 1])):
        return Refusal("A comment in the function's head would be lost.")
    if _ASGI & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
        return Refusal("It uses the names `scope`, `receive` or `send` itself: rewrite it by hand.")
    calls = [n for n in ast.walk(node) if _is_call_of(n, call_next, request)]
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
    reason = (
        _unfit(node, after, calls)
        or _request_leaves(place, request, calls)
        or (response and _response_leaves(node, after, response))
        or _shared_names(node, after, response)
        or _hidden(place, after, response)
    )
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
        if _reads_status(after, response)
        else "",
        uses_request=any(_loads(statement, request, calls) for statement in node.body),
        request_class=_request_class(place, node, request),
        response=response,
    )


# -- reading


def _is_call_of(node: ast.AST, call_next: str, request: str) -> bool:
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
    if following and _returns(following[-1], name):
        return following[:-1]
    for outer, at in reversed(chain[:-1]):
        if not isinstance(outer[at], ast.With | ast.AsyncWith | ast.Try):
            break
        rest = outer[at + 1 :]
        if rest:
            is_plain = len(rest) == 1 and _returns(rest[0], name)
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


def _returns(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Return(value=ast.Name(id=returned)):
            return returned == name
    return False


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
            case ast.Global() | ast.Nonlocal():
                return "It sets names outside of itself: rewrite it by hand."
            case ast.For() | ast.AsyncFor() | ast.While() if _holds(inner, calls):
                return "It asks for the response in a loop: rewrite it by hand."
            case ast.Yield() | ast.YieldFrom():
                return "It is a generator."
            case ast.Return(value=None):
                return "It returns nothing in one place."
    return None


def _holds(node: ast.AST, calls: Sequence[ast.AST]) -> bool:
    return any(inner in calls for inner in ast.walk(node))


def _request_leaves(place: Place, request: str, calls: Sequence[ast.AST]) -> str | None:
    """Where the request is read as more than its scope, or handed to somebody who can do that."""
    own = {id(call.args[0]) for call in calls if isinstance(call, ast.Call)}
    parents = _parents(place.node)
    for user in ast.walk(place.node):
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
        if (
            isinstance(parent, ast.Call)
            and user in parent.args
            and _only_reads_scope(place, parent, user)
        ):
            continue
        return f"It hands the request on in line {user.lineno}, where the body can be read."
    return None


def _only_reads_scope(place: Place, call: ast.Call, user: ast.Name) -> bool:
    """Whether a function of this file that gets the request looks at its scope alone."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
        name = call.func.attr
    for function in ast.walk(place.tree):
        if isinstance(function, Function) and function.name == name and name:
            names = [one.arg for one in function.args.args if one.arg != "self"]
            position = call.args.index(user)
            if position >= len(names):
                return False
            return _reads_scope(function, names[position])
    return False


def _reads_scope(function: ast.AST, name: str) -> bool:
    parents = _parents(function)
    for user in ast.walk(function):
        if isinstance(user, ast.Name) and user.id == name:
            parent = parents[id(user)]
            if not isinstance(parent, ast.Attribute) or parent.attr not in _OF_SCOPE:
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
    late = {n.id for n in stored if id(n) in inside}
    for name in sorted(late):
        if any(n.id == name and id(n) not in inside for n in names):
            return (
                f"`{name}` is set after the response is there and used before: rewrite it by hand."
            )
    return None


def _uses(after: Sequence[ast.stmt], response: str, attribute: str) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr == attribute and ast.unparse(n.value) == response
        for statement in after
        for n in ast.walk(statement)
    )


def _reads_status(after: Sequence[ast.stmt], response: str) -> bool:
    """Whether the status is read, and never set."""
    uses = [
        n.ctx
        for statement in after
        for n in ast.walk(statement)
        if isinstance(n, ast.Attribute) and ast.unparse(n) == f"{response}.status_code"
    ]
    return bool(uses) and all(isinstance(context, ast.Load) for context in uses)


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
    return not _reads_status(after, response)


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
    return ""


def _parents(node: ast.AST) -> dict[int, ast.AST]:
    return {
        id(child): parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)
    }


# -- writing


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
    below = _end_of_head(place, node)
    if first is node.body[0]:
        return "", _between(place, below, first.lineno)
    end = (node.body[0].end_lineno or 0) + 1
    return _between(place, below, end), _between(place, end, first.lineno).lstrip("\n")


def _end_of_head(place: Place, node: ast.AsyncFunctionDef) -> int:
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
    return body.answer is not None and _returns(statement, body.response)


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
    if isinstance(statement.value, ast.Await) and _is_call_of(
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
    is_first = body.uses_request and body.answer is _first_statement(_function(body))
    is_apart = not above or above.startswith("#") or (above[-1] == ":" and not is_first)
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
