"""The parameters of a function's syntax."""

from __future__ import annotations

import ast


def with_defaults(arguments: ast.arguments) -> list[tuple[ast.arg, ast.expr | None]]:
    """Every parameter that has a name of its own, with its default; `*args` and `**options` are left out."""
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(plain) - len(arguments.defaults))
    return [
        *zip(plain, [*missing, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]


def metadata_of(parameter: ast.arg) -> list[ast.expr]:
    """What `Annotated` says of a parameter beside its type."""
    node = parameter.annotation
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        return node.slice.elts[1:]
    return []
