"""Whether a condition holds, as far as the constants that a function is given decide it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias


class Kind(NamedTuple):
    """A value of which only the plain type is known: `dict`, `str` or `bytes`."""

    name: str


Constant: TypeAlias = str | int | float | Kind | None
"""A constant; `bool` is an `int`."""

_NEVER = {
    "dict": frozenset({"str", "bytes", "int", "float", "list", "tuple", "Path", "PurePath"}),
    "str": frozenset({"bytes", "int", "float", "list", "tuple", "dict", "Path", "PurePath"}),
    "bytes": frozenset({"str", "int", "float", "list", "tuple", "dict", "Path", "PurePath"}),
}
"""The types that what is of a plain one never is."""

_UNKNOWN = object()


def holds(test: ast.expr, known: Mapping[str, Constant]) -> bool | None:
    """Whether `test` holds where names, and `name.attribute`, have the values in `known`; None where that is open."""
    if isinstance(test, ast.BoolOp):
        found = [holds(value, known) for value in test.values]
        decisive = isinstance(test.op, ast.Or)
        if decisive in found:
            return decisive
        return None if None in found else not decisive
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds(test.operand, known)
        return None if inner is None else not inner
    if isinstance(test, ast.Compare):
        return _compared(test, known)
    if isinstance(test, ast.Call):
        return _answered(test, known)
    value = _value(test, known)
    return None if value is _UNKNOWN else bool(value)


def _value(node: ast.expr, known: Mapping[str, Constant]) -> object:
    """The constant that `node` is."""
    found = _said(node, known)
    return _UNKNOWN if isinstance(found, Kind) else found


def _said(node: ast.expr, known: Mapping[str, Constant]) -> object:
    """The constant that `node` is, or what is known of its type."""
    if isinstance(node, ast.Name):
        return known.get(node.id, _UNKNOWN)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return known.get(f"{node.value.id}.{node.attr}", _UNKNOWN)
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    return _UNKNOWN


def _compared(test: ast.Compare, known: Mapping[str, Constant]) -> bool | None:
    if len(test.ops) != 1:
        return None
    operator, right = test.ops[0], test.comparators[0]
    left = _value(test.left, known)
    if left is _UNKNOWN:
        return None
    if isinstance(operator, ast.In | ast.NotIn):
        found = _is_among(left, right, known)
        return None if found is None else found is isinstance(operator, ast.In)
    other = _value(right, known)
    if other is _UNKNOWN:
        return None
    if isinstance(operator, ast.Is | ast.IsNot):
        if not any(item is None or isinstance(item, bool) for item in (left, other)):
            return None
        return (left is other) is isinstance(operator, ast.Is)
    if isinstance(operator, ast.Eq | ast.NotEq):
        return (left == other) is isinstance(operator, ast.Eq)
    return None


def _is_among(value: object, held: ast.expr, known: Mapping[str, Constant]) -> bool | None:
    if not isinstance(held, ast.Tuple | ast.List | ast.Set):
        return None
    items = [_value(item, known) for item in held.elts]
    if value in [item for item in items if item is not _UNKNOWN]:
        return True
    return None if _UNKNOWN in items else False


def _answered(test: ast.Call, known: Mapping[str, Constant]) -> bool | None:
    """Of `isinstance(None, Type)`, `isinstance({}, Path)` and `"text".startswith("te")`."""
    callee, arguments = test.func, test.args
    if test.keywords:
        return None
    if isinstance(callee, ast.Name) and callee.id == "isinstance" and len(arguments) == 2:
        return False if _is_never(arguments[0], arguments[1], known) else None
    if not isinstance(callee, ast.Attribute) or len(arguments) != 1:
        return None
    text = _value(callee.value, known)
    if not isinstance(text, str) or callee.attr not in ("startswith", "endswith"):
        return None
    node = arguments[0]
    items = [_value(item, known) for item in (node.elts if isinstance(node, ast.Tuple) else [node])]
    wanted = tuple(item for item in items if isinstance(item, str))
    if len(wanted) < len(items):
        return None
    return text.startswith(wanted) if callee.attr == "startswith" else text.endswith(wanted)


def _is_never(asked: ast.expr, types: ast.expr, known: Mapping[str, Constant]) -> bool:
    """Whether what is asked for its type is none of those."""
    said = _said(asked, known)
    if said is None:
        return "None" not in ast.unparse(types)
    if not isinstance(said, Kind):
        return False
    each = types.elts if isinstance(types, ast.Tuple) else [types]
    return all(ast.unparse(one).rpartition(".")[2] in _NEVER[said.name] for one in each)
