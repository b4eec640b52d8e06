"""Recognises files that are made where there are none: `if STATE.exists(): return STATE.read_text()`, then a write.

A file with a name of its own, which is not the caller's, is made once an installation.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence
from typing import Any

from unlag.source.expressions import path_of

_ASKING = frozenset({"exists", "is_file", "is_dir", "isfile", "isdir"})
_MAKING = frozenset({"write_text", "write_bytes", "touch", "mkdir"})
_MAKERS = frozenset({"os.makedirs", "os.mkdir"})
_MODES = ("w", "a", "x")


def returns_from_file(statement: ast.If, rest: Sequence[ast.stmt], lasting: Container[str]) -> bool:
    """Whether an `if` returns where a lasting file is there, and `rest` makes it."""
    if statement.orelse or type(statement.body[-1]) is not ast.Return:
        return False
    return _makes(rest, _asked_file(statement.test, lasting))


def makes_missing_file(test: ast.expr, block: Sequence[ast.stmt], lasting: Container[str]) -> bool:
    """Whether `test` holds where a lasting file is missing, and the block makes it."""
    if _writes_the_same(test, block, lasting):
        return True
    if type(test) is not ast.UnaryOp or type(test.op) is not ast.Not:
        return False
    return _makes(block, _asked_file(test.operand, lasting))


def _asked_file(test: Any, lasting: Container[str]) -> str:
    """The path of the file that a test looks for, if the name outlives the call; otherwise empty."""
    if type(test) is not ast.Call or type(test.func) is not ast.Attribute:
        return ""
    if test.func.attr not in _ASKING:
        return ""
    path = path_of(test.args[0] if test.args else test.func.value, 0)
    return path if "." not in path and path in lasting else ""


def _writes_the_same(test: Any, block: Sequence[ast.stmt], lasting: Container[str]) -> bool:
    """Whether the block writes the same text as ever to a file that was not there.

    As in `if not self.path.exists(): self.path.write_text("[]")`.
    """
    match test, block:
        case (
            ast.UnaryOp(ast.Not(), ast.Call(ast.Attribute(asked, "exists" | "is_file"))),
            [
                ast.Expr(
                    ast.Call(ast.Attribute(file, "write_text" | "write_bytes" | "touch"), given)
                )
            ],
        ):
            path = path_of(file, 0)
            is_kept = path.startswith("self.") or path in lasting
            return is_kept and path == path_of(asked, 0) and all(map(_is_default, given))
    return False


def _is_default(node: ast.expr) -> bool:
    """Whether an expression is the same each time: a constant, or what a function makes of nothing."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and not node.args and not node.keywords
    return isinstance(node, ast.Constant)


def _makes(block: Sequence[ast.stmt], path: str) -> bool:
    return bool(path) and any(
        isinstance(node, ast.Call) and _made_by(node) == path
        for statement in block
        for node in ast.walk(statement)
    )


def _made_by(call: ast.Call) -> str:
    """The path of the file or folder that a call makes, or an empty string."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name == "open":
        is_method = isinstance(call.func, ast.Attribute) and not _is_module(call.func.value)
        file = call.func.value if is_method else next(iter(call.args), None)  # type: ignore[attr-defined] # a method is an attribute
        modes = [*call.args[0 if is_method else 1 :], *(word.value for word in call.keywords)]
        is_written = any(
            isinstance(mode, ast.Constant) and str(mode.value).startswith(_MODES) for mode in modes
        )
        return path_of(file, 0) if is_written and file is not None else ""
    if name in _MAKING and isinstance(call.func, ast.Attribute):
        return path_of(call.func.value, 0)
    is_maker = call.args and path_of(call.func, 0) in _MAKERS
    return path_of(call.args[0], 0) if is_maker else ""


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("io", "os", "aiofiles", "codecs")
