"""Arguments of calls as facts keep them: paths, literals, and what the caller names them.

Which parameter takes an argument is for the project to find out.
"""

from __future__ import annotations

import ast
from ast import Constant, Name
from functools import lru_cache
from typing import Any, TypeAlias

from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN, pack

Node: TypeAlias = Any

_ROUTE_TAKERS = frozenset(
    {"add_api_route", "add_api_websocket_route", "add_route", "add_websocket_route"}
)
_UNWRITTEN = (UNKNOWN, "'")
_LONGEST_TEXT = 60
_MOST_PARTS = 12
_shared = lru_cache(maxsize=4096)(str)
"""One object for the arguments that many calls have in common; most of the others are like no other."""


def value_of(node: Node, base: int) -> str:
    """An argument as facts keep it: a path, or a literal (`'text`, `#3`)."""
    kind = type(node)
    if kind is Name:
        name: str = node.id
        return name
    if kind is Constant:
        value = node.value
        return _shared("'" + value[:_LONGEST_TEXT]) if type(value) is str else _literal(value)
    if kind is ast.Starred:
        return "*" + path_of(node.value, base)
    if kind is ast.JoinedStr:
        return "'"
    return path_of(node, base)


def arguments_of(
    call: ast.Call, base: int, nested: list[Node], *, decorates: bool = False
) -> tuple[str, ...]:
    """All arguments of a call, in their order; those worth a walk are added to `nested`."""
    values: list[str] = []
    for argument in call.args:
        kind = type(argument)
        if kind is Name:
            values.append(argument.id)  # type: ignore[attr-defined] # the class was just compared
        else:
            values.append(value_of(argument, base))
            if kind is not Constant:
                nested.append(argument)
    if values and values[0] in _UNWRITTEN and _is_route(call.args[0], call, decorates=decorates):
        values[0] = _put_together(call.args[0], base)
    for keyword in call.keywords:
        if keyword.arg == "path" and _is_route(keyword.value, call, decorates=decorates):
            values.append("path=" + _put_together(keyword.value, base))
        else:
            values.append(_keyword(keyword, base))
        kind = type(keyword.value)
        if kind is not Name and kind is not Constant:
            nested.append(keyword.value)
    return shared_texts(tuple(values))


@lru_cache(maxsize=4096)
def shared_texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    """`texts` as one object wherever they are the same."""
    return texts


def _keyword(keyword: ast.keyword, base: int) -> str:
    name, value = keyword.arg, keyword.value
    if name is None:
        return "**" + path_of(value, base)
    if type(value) is Name:
        return _shared(f"{name}={value.id}")
    if name == "methods":
        return _shared("methods=" + _methods(value, base))
    if name == "prefix" and isinstance(value, ast.BinOp | ast.JoinedStr):
        return _shared("prefix=" + _put_together(value, base))
    return _shared(f"{name}={value_of(value, base)}")


def _is_route(node: Node, call: ast.Call, *, decorates: bool) -> bool:
    """Whether `node` is put together as paths of URLs are: `"/users" + SUFFIX`, for a route `f"{API}/users"`."""
    if type(node) is ast.JoinedStr:
        if not decorates and getattr(call.func, "attr", "") not in _ROUTE_TAKERS:
            return False
        return any(type(part) is Constant and "/" in str(part.value) for part in node.values)
    first = node
    while type(first) is ast.BinOp and type(first.op) is ast.Add:
        first = first.left
    return first is not node and type(first) is Constant and str(first.value)[:1] == "/"


def _put_together(value: Node, base: int) -> str:
    """What a text is put together from, by `+` or in an f-string: `+(API,settings/VERSION)`."""
    nodes: list[Node] = [value]
    parts: list[str] = []
    while nodes and len(parts) < _MOST_PARTS:
        node = nodes.pop()
        if type(node) is ast.BinOp and type(node.op) is ast.Add:
            nodes += [node.right, node.left]
        elif type(node) is ast.JoinedStr:
            nodes += reversed(node.values)
        elif type(node) is ast.FormattedValue:
            nodes.append(node.value)
        else:
            parts.append(pack(path_of(node, base)))
    return UNKNOWN if UNKNOWN in parts else f"+({','.join(parts)})"


def _methods(value: Node, base: int) -> str:
    """Of `["GET", "PUT"]` the text `GET PUT`; of anything else its value."""
    elements: list[Node] = getattr(value, "elts", [])
    texts = [str(element.value) for element in elements if isinstance(element, ast.Constant)]
    return f"'{' '.join(texts)}" if texts else value_of(value, base)


def _literal(value: object) -> str:
    kind = type(value)
    if kind is int:
        return _shared(f"#{value}") if value.bit_length() < 256 else "#big"  # type: ignore[attr-defined] # the class was just compared
    if value is None or kind is bool:
        return _shared(str(value))
    return f"#{value!r}" if kind is float else UNKNOWN
