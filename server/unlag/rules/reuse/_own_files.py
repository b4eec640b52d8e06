"""Files that come with the code and stay as they are: beside a module, or named where the application starts."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from unlag.rules.reuse._constants import Constants
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

_WRITES = ("write_text", "write_bytes")
_DEEPEST = 3
_NAMES = re.compile(r"[A-Za-z_]\w*")
_STATIC = re.compile(
    r"""["'](?![~/])[\w./ -]*(?:\w\.(?:ya?ml|toml|ini|cfg|html?|jinja2?|j2|sql|css|js)|"""
    r"""(?:config|settings|schema|manifest|translations|messages|locale|labels|countries|currencies|prompts?)"""
    r"""\.(?:json|txt))["']"""
)
_WEIGHTS = re.compile(r"""["'](?![~/])[\w./ -]*\w\.(?:pkl|pickle|joblib|sav)["']""")
"""The name of a file in the folder of the application that people write and programs only read, as a literal.

JSON is what programs write as well: it counts under names that say what such files hold.
"""


def may_be_own(function: FunctionView) -> bool:
    """Whether a function may read such a file: its module names one and writes none."""
    if function.facts.global_bindings or _writes(function):
        return False
    lines = function.index.lines_of(function.entry.path)
    return any(
        "__file__" in line or _STATIC.search(line) or _WEIGHTS.search(line) for line in lines
    )


def is_own(function: FunctionView, call: Call) -> bool:
    """Whether a call with constant arguments reads such a file."""
    return _reads(function, call, _STATIC, is_beside=True)


def holds_weights(function: FunctionView, call: Call) -> bool:
    """Whether a call with constant arguments reads what a trained model was pickled into."""
    return _reads(function, call, _WEIGHTS, is_beside=False)


def _reads(function: FunctionView, call: Call, named: re.Pattern[str], *, is_beside: bool) -> bool:
    """Whether a call reads a file that is `named` so, or with `is_beside` one that lies beside a module."""
    syntax = function.syntax(function.entry)
    node = Constants(function, syntax).call_at(call) if syntax is not None else None
    if node is None or _mode(node) not in ("", "r", "rb", "rt"):
        return False
    lines = function.index.lines_of(function.entry.path)
    origin = _Origin(lines, named, is_beside)
    return any(_is_of_code(part, origin) for part in ast.walk(node))


class _Origin(NamedTuple):
    """What tells in the lines of a module that a file belongs to the code."""

    lines: Sequence[str]
    named: re.Pattern[str]
    is_beside: bool


def _is_of_code(node: ast.AST, origin: _Origin) -> bool:
    match node:
        case ast.Name(id=name):
            return _is_from_file(origin, name, 0)
        case ast.Constant(value=str(text)):
            return origin.named.fullmatch(f"'{text}'") is not None
    return False


def _mode(call: ast.Call) -> str:
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    values = [item.value for item in given if isinstance(item, ast.Constant)]
    return str(values[0]) if values and isinstance(call.func, ast.Name) else ""


def _writes(function: FunctionView) -> bool:
    table = function.index.tables[function.entry.path]
    return any(
        call.target.endswith(_WRITES) or (call.target == "open" and _is_for_writing(call))
        for entry in table.functions.values()
        for call in entry.facts.calls
    )


def _is_for_writing(call: Call) -> bool:
    mode = call.argument(1, "mode") or ""
    return any(letter in mode for letter in "wax+")


def _is_from_file(origin: _Origin, name: str, depth: int) -> bool:
    """Whether a name of the module is made from `__file__`, or from the name of such a file."""
    if name == "__file__":
        return origin.is_beside
    if depth > _DEEPEST:
        return False
    begins = (line for line in origin.lines if line.startswith(name))
    written = next(filter(None, map(re.compile(rf"{name}\b[^=]*=(?!=)(.*)").match, begins)), None)
    if written is not None and origin.named.search(written[1]):
        return True
    names = _NAMES.findall(written[1]) if written else []
    return any(_is_from_file(origin, other, depth + 1) for other in names if other != name)
