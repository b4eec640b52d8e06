"""Rewrites a `BaseHTTPMiddleware`, class or function, as pure ASGI middleware: same headers, same answers.

It takes the common shapes: work before the request, early answers, headers and logging when the response
starts. Bodies stay untouched: whoever reads or rewrites them is refused.
"""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, asgi_method, dispatch, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import indented
from unlag.fixes.dispatch import Dispatch
from unlag.fixes.import_lists import members, together
from unlag.fixes.names import dotted, meaning, unused
from unlag.fixes.tree import Place
from unlag.source.running import Function

_BASES = (
    "starlette.middleware.base.BaseHTTPMiddleware",
    "fastapi.middleware.base.BaseHTTPMiddleware",
)
_TYPES = ("Receive", "Scope", "Send")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Rewrite the middleware whose class or function the span names."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    node = next((n for n in reversed(inside.chain) if isinstance(n, ast.ClassDef | Function)), None)
    if isinstance(node, ast.ClassDef):
        return _class(inside.up_to(node))
    if isinstance(node, ast.AsyncFunctionDef):
        return _function(inside.up_to(node))
    return Refusal("No middleware is defined here.")


# -- a class


def _class(place: Place) -> tuple[Edit, ...] | Refusal:
    node = place.node
    assert isinstance(node, ast.ClassDef)
    base = meaning(place.at(node.bases[0]), node.bases[0]) if len(node.bases) == 1 else None
    if base not in _BASES or node.keywords:
        return Refusal(f"`{node.name}` has other base classes: rewrite it by hand.")
    if node.decorator_list:
        return Refusal(f"A decorator of `{node.name}` may call its `dispatch`: rewrite it by hand.")
    method = _method(node, "dispatch")
    if not isinstance(method, ast.AsyncFunctionDef) or method.decorator_list:
        return Refusal(f"`{node.name}` has no plain `dispatch` of its own.")
    body = dispatch.read(place.at(method))
    if isinstance(body, Refusal):
        return body
    made = _constructor(place, node, method)
    if isinstance(made, Refusal):
        return made
    text = asgi_method.written(body, "__call__")
    last = place.span(method).end_line
    changed = [_lines(place, place.span(method).line, last, text), *made, _without_base(place)]
    return _with_imports(place, body, changed, is_constructed=_method(node, "__init__") is None)


def _method(node: ast.ClassDef, name: str) -> ast.stmt | None:
    return next((s for s in node.body if isinstance(s, Function) and s.name == name), None)


def _constructor(
    place: Place, node: ast.ClassDef, method: ast.AsyncFunctionDef
) -> tuple[Edit, ...] | Refusal:
    """The edit of the constructor's `super().__init__(app)`, or a constructor above `dispatch`."""
    constructor = _method(node, "__init__")
    if constructor is None:
        indent = place.lines[method.lineno - 1][: method.col_offset]
        text = _written_constructor(indent, dispatch.unit_of(place.at(method)))
        return (tree_insertion(place, method.lineno, text),)
    assert isinstance(constructor, ast.FunctionDef)
    for statement in constructor.body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")
                )
            ):
                call = statement.value
                assert isinstance(call, ast.Call)
                app = _only_argument(call)
                if app is None:
                    return Refusal("`super().__init__` is given more than the application.")
                return (Edit(place.path, place.span(statement), f"self.app = {place.code(app)}"),)
    return Refusal("The constructor does not hand the application on with `super().__init__(app)`.")


def _only_argument(call: ast.Call) -> ast.expr | None:
    given = [*call.args, *(item.value for item in call.keywords if item.arg == "app")]
    is_alone = len(given) == 1 and len(call.args) + len(call.keywords) == 1
    return given[0] if is_alone and isinstance(given[0], ast.Name) else None


def _written_constructor(indent: str, unit: str) -> str:
    return f"{indent}def __init__(self, app: ASGIApp) -> None:\n{indent}{unit}self.app = app\n\n"


def _without_base(place: Place) -> Edit:
    """The edit that removes `(BaseHTTPMiddleware)` behind the class's name."""
    node = place.node
    assert isinstance(node, ast.ClassDef)
    start = place.span(node)
    text = place.between(start)
    head = re.match(r"class\s+\w+", text)
    assert head is not None
    closing = text.index(")", text.index(place.code(node.bases[0])))
    cut = Span(start.line, start.column + head.end(), *_position(start, text, closing + 1))
    return Edit(place.path, cut, "")


def _position(start: Span, text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    line = start.line + before.count("\n")
    last = before.rpartition("\n")[2]
    return line, len(last) + (start.column if line == start.line else 0)


# -- a function that an application is told of


def _function(place: Place) -> tuple[Edit, ...] | Refusal:
    node = place.node
    assert isinstance(node, ast.AsyncFunctionDef)
    if {"self"} & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
        return Refusal(f"`{node.name}` has a `self` of its own: rewrite it by hand.")
    told = _registration(place, node)
    if isinstance(told, Refusal):
        return told
    owner, registration = told
    body = dispatch.read(place)
    if isinstance(body, Refusal):
        return body
    name = unused(place, _class_name(node.name))
    span = place.span(node)
    indent = place.lines[span.line - 1][: span.column]
    unit = dispatch.unit_of(place)
    docs = asgi_method.docstring(body)
    about = f"{docs}\n" if docs else ""
    method = indented(asgi_method.written(body, "__call__").replace(about, "", 1), unit)
    constructor = _written_constructor(indent + unit, unit)
    gap = "\n" if about else ""
    text = f"{indent}class {name}:\n{about}{gap}{constructor}{method}"
    added = f"{owner}.add_middleware({name})"
    first = span.line
    if registration is None:
        first = node.decorator_list[0].lineno
        gap = "\n\n" if not indent else "\n"
        text += f"\n{gap}{indent}{added}"
    changed = [_lines(place, first, span.end_line, text)]
    if registration is not None:
        changed.append(Edit(place.path, place.span(registration), added))
    return _with_imports(place, body, changed, is_constructed=True)


def _registration(
    place: Place, node: ast.AsyncFunctionDef
) -> tuple[str, ast.Call | None] | Refusal:
    """The application that is told of the function, and the call that does; None for a decorator."""
    uses = [n for n in ast.walk(place.tree) if isinstance(n, ast.Name) and n.id == node.name]
    match node.decorator_list:
        case [
            ast.Call(func=ast.Attribute(value=app, attr="middleware"), args=[ast.Constant("http")])
        ] if (owner := dotted(app)) and not uses:
            return owner, None
        case [_, *_] if not uses:
            return Refusal(f"`{node.name}` stands under other decorators: rewrite it by hand.")
    whole = place.up_to(place.tree)
    for call in (n for n in ast.walk(place.tree) if isinstance(n, ast.Call) and len(uses) == 1):
        match call:
            case ast.Call(
                func=ast.Attribute(value=app, attr="add_middleware"),
                args=[base],
                keywords=[ast.keyword(arg="dispatch", value=value)],
            ) if value is uses[0] and meaning(whole.at(base), base) in _BASES:
                found = dotted(app)
            case ast.Call(
                func=ast.Call(func=ast.Attribute(value=app, attr="middleware")), args=[value]
            ) if value is uses[0]:
                found = dotted(app)
            case _:
                continue
        if found and not node.decorator_list:
            return found, call
    return Refusal(f"`{node.name}` is used by its name elsewhere: rewrite it by hand.")


def _class_name(name: str) -> str:
    words = "".join(word[:1].upper() + word[1:] for word in name.strip("_").split("_"))
    return words if words.endswith("Middleware") else f"{words}Middleware"


# -- both


def _with_imports(
    place: Place, body: Dispatch, changed: list[Edit], *, is_constructed: bool
) -> tuple[Edit, ...] | Refusal:
    """The edits and the imports they need; `is_constructed` where a constructor was written."""
    types = (*_TYPES, *["ASGIApp"] * is_constructed, *["Message"] * body.wraps)
    wanted = {"starlette.types": list(types)}
    if body.headers:
        wanted["starlette.datastructures"] = ["MutableHeaders"]
    if body.uses_request and not body.request_class:
        wanted["starlette.requests"] = ["Request"]
    module = place.up_to(place.tree)
    added: list[Edit] = []
    for name, items in sorted(wanted.items()):
        found = members(module, name, items)
        if isinstance(found, Refusal):
            return found
        added.extend(found)
    return ordered((*together(added), *changed))


def _lines(place: Place, first: int, last: int, text: str) -> Edit:
    end = Span(first, 0, last, len(place.lines[last - 1]))
    return Edit(place.path, end, text)


def tree_insertion(place: Place, line: int, text: str) -> Edit:
    """The edit that puts whole lines above `line`."""
    return Edit(place.path, tree.empty(line, 0), text)
