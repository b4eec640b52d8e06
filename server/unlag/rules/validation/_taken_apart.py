"""Models that are dumped, decoded or copied, only for the same to be done with what comes of it."""

from __future__ import annotations

import ast

from unlag.project.values import Instance
from unlag.rules.validation._trees import Reading, only_argument, starred_only

DUMPS = frozenset({"model_dump", "dict"})
JSON_DUMPS = frozenset({"model_dump_json", "json"})
LOADS = frozenset({"json.loads", "orjson.loads", "ujson.loads"})
BUILDERS = frozenset({"model_validate", "parse_obj"})
_TEXTS = frozenset({"json.dumps", "orjson.dumps", "ujson.dumps"})


def taken_apart(read: Reading, node: ast.expr) -> tuple[ast.expr, Instance, str] | None:
    """The object that an expression dumps, decodes or copies, its class, and the words for that."""
    if not isinstance(node, ast.Call):
        return None
    dumped = _dumped(node, DUMPS)
    if dumped is not None:
        return _of_model(read, dumped, "dumped into a dict")
    argument = only_argument(node)
    if argument is not None and read.callee(node) in LOADS:
        written = _dumped(argument, JSON_DUMPS)
        return None if written is None else _of_model(read, written, "written as JSON and decoded")
    copied = _copied(node)
    if copied is not None:
        found = _of_model(read, copied, "dumped and built again")
        made = read.instance(node)
        return found if found is not None and made == found[1] else None
    return None


def _copied(node: ast.Call) -> ast.expr | None:
    """Of `M(**m.model_dump())` and `M.model_validate(m.model_dump())` the `m`."""
    given = starred_only(node)
    if given is None and isinstance(node.func, ast.Attribute) and node.func.attr in BUILDERS:
        given = only_argument(node)
    return None if given is None else _dumped(given, DUMPS)


def _dumped(node: ast.expr, names: frozenset[str]) -> ast.expr | None:
    """Of `x.model_dump()` the `x`, where no argument changes what is written."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    is_plain = not node.args and all(item.arg in ("mode", "indent") for item in node.keywords)
    return node.func.value if node.func.attr in names and is_plain else None


def _of_model(read: Reading, node: ast.expr, words: str) -> tuple[ast.expr, Instance, str] | None:
    value = read.instance(node)
    return None if value is None else (node, value, words)


def encoded_text(read: Reading, node: ast.expr) -> ast.expr | None:
    """Of `json.loads(json.dumps(x))` the `x`."""
    if not isinstance(node, ast.Call) or read.callee(node) not in LOADS:
        return None
    text = only_argument(node)
    if not isinstance(text, ast.Call) or read.callee(text) not in _TEXTS:
        return None
    return only_argument(text)
