"""By which attributes of its items a call of `sorted` or `sort` orders them."""

from __future__ import annotations

import ast

from unlag.rules.places import dotted


def sorted_by(call: ast.Call) -> list[str]:
    """The attributes, in their order; an empty list where anything else decides."""
    keys = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
    if len(keys) != 1:
        return []
    match keys[0]:
        case ast.Lambda(args=ast.arguments(args=[ast.arg(arg=row)]), body=body):
            parts = body.elts if isinstance(body, ast.Tuple) else [body]
            found = [_attribute(part, row) for part in parts]
        case ast.Call(func=func, args=[_, *_] as names) if dotted(func).endswith("attrgetter"):
            found = [str(name.value) if isinstance(name, ast.Constant) else "" for name in names]
        case _:
            return []
    return found if all(found) else []


def _attribute(node: ast.expr, row: str) -> str:
    """The attribute of `row.age`, `-row.age` and `row.age or 0`."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _attribute(inner, row)
        case ast.BoolOp(op=ast.Or(), values=[first, ast.Constant()]):
            return _attribute(first, row)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == row:
            return attribute
    return ""
