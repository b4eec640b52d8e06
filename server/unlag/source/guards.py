"""Recognises code that runs once: `if self._client is None: self._client = ...` and its kin.

Looks at the shape of one `if` and what its block assigns; proves nothing about threads.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Sequence

from unlag.source.expressions import path_of


def runs_once(test: ast.expr, block: Iterable[ast.stmt], lasting: Container[str]) -> bool:
    """Whether `block` under `if test:` fills what the test found empty.

    `lasting` names the variables that outlive the call; attributes always do.
    """
    watched = set(_empty(test))
    return bool(watched) and _outlive(watched & _assigned(block), lasting)


def returns_kept(statement: ast.If, rest: Iterable[ast.stmt], lasting: Container[str]) -> bool:
    """Whether `statement` returns what is already there, and `rest` fills it: `if x: return x`."""
    if statement.orelse or not isinstance(statement.body[-1], ast.Return):
        return False
    watched = set(_filled(statement.test))
    return bool(watched) and _outlive(watched & _assigned(rest), lasting)


def returns_cached(body: Sequence[ast.stmt], index: int) -> bool:
    """Whether `body[index]` returns what a cache had, and what follows puts it there.

    As in `kept = cache.get(key)`, `if kept: return kept`, `cache.set(key, value)`.
    """
    statement = body[index]
    if not isinstance(statement, ast.If) or not isinstance(statement.body[-1], ast.Return):
        return False
    watched = set(_filled(statement.test))
    stores = {_cache_read(earlier) for earlier in body[:index] if watched & _assigned([earlier])}
    stores.discard("")
    return bool(stores) and not stores.isdisjoint(_cache_writes(body[index + 1 :]))


def _cache_read(statement: ast.stmt) -> str:
    """The path of the cache in `name = cache.get(...)` or `name = cache[key]`, or an empty string."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr.startswith(("get", "read", "lookup")):
            return path_of(value.func.value, 0)
    return path_of(value.value, 0) if isinstance(value, ast.Subscript) else ""


def _cache_writes(block: Iterable[ast.stmt]) -> set[str]:
    """Paths of the objects that `block` puts something into."""
    found = _assigned(block)
    for statement in block:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr.startswith(("set", "put", "add", "store", "write")):
                    found.add(path_of(node.func.value, 0))
    return found


def is_main_guard(test: ast.expr) -> bool:
    """Whether `test` is `__name__ == "__main__"`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def _outlive(paths: set[str], lasting: Container[str]) -> bool:
    """Whether any of `paths` is still there after the call: an attribute, or a lasting name."""
    return any("." in path or path in lasting for path in paths)


def _empty(test: ast.expr) -> Iterator[str]:
    """Paths that are empty, unset or absent when `test` holds."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _filled(test.operand)
    elif isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _empty(value)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        if isinstance(test.ops[0], ast.Is | ast.Eq) and _is_none(test.comparators[0]):
            yield path_of(test.left, 0)
        elif isinstance(test.ops[0], ast.NotIn):
            yield path_of(test.comparators[0], 0)


def _filled(test: ast.expr) -> Iterator[str]:
    """Paths that are set when `test` holds."""
    if isinstance(test, ast.Name | ast.Attribute):
        yield path_of(test, 0)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name):
        if test.func.id == "hasattr" and len(test.args) == 2:
            name = test.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield f"{path_of(test.args[0], 0)}.{name.value}"
    elif isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _filled(value)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        if isinstance(test.ops[0], ast.IsNot | ast.NotEq) and _is_none(test.comparators[0]):
            yield path_of(test.left, 0)
        elif isinstance(test.ops[0], ast.In):
            yield path_of(test.comparators[0], 0)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _assigned(block: Iterable[ast.stmt]) -> set[str]:
    """Paths that `block` assigns, its own nested blocks included; `x[key] = ...` counts as `x`."""
    found: set[str] = set()
    pending: list[ast.AST] = list(block)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found.update(_target_paths(target))
        elif isinstance(node, ast.AnnAssign):
            found.update(_target_paths(node.target))
        elif isinstance(node, ast.If | ast.With | ast.AsyncWith | ast.Try | ast.For):
            for field in ("body", "orelse", "handlers", "finalbody"):
                pending.extend(getattr(node, field, ()))
        elif isinstance(node, ast.ExceptHandler):
            pending.extend(node.body)
    return found


def _target_paths(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _target_paths(element)
    elif isinstance(target, ast.Subscript):
        yield path_of(target.value, 0)
    elif isinstance(target, ast.Name | ast.Attribute):
        yield path_of(target, 0)
