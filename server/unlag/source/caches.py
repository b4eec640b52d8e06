"""Recognises caches by what a block reads before, and writes after, it works a value out.

As in `kept = cache.get(key)`, `if kept: return kept`, `cache[key] = value`, under a lock or through functions too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Sequence
from typing import Any

from unlag.source.expressions import path_of

_BLOCKS = frozenset({ast.If, ast.With, ast.AsyncWith, ast.Try, ast.For, ast.ExceptHandler})
_READING = re.compile(r"get|read|load|lookup")
_MISSING = frozenset({"KeyError", "IndexError", "LookupError"})
_WRITING = re.compile(r"set|put|add|store|write|save")


def is_cached(
    watched: set[str],
    earlier: Sequence[ast.stmt],
    rest: Sequence[ast.stmt],
    lasting: Container[str],
) -> bool:
    """Whether `earlier` got `watched` from a cache, and `rest` puts something there."""
    stores = {path.removesuffix(".get()") for path in watched if path.endswith(".get()")}
    handed: set[str] = set()
    for statement in earlier:
        if watched.isdisjoint(assigned([statement])):
            continue
        stores.update((_cache_got(statement), _function_asked(statement)))
        handed.update((_cache_handed(statement), _value_kept(statement)))
    stores.discard("")
    if stores and not stores.isdisjoint(cache_writes(rest)):
        return True
    handed.discard("")
    return bool(handed) and outlive(handed & assigned(rest), lasting)


def fills_on_error(statement: ast.Try, lasting: Container[str]) -> bool:
    """Whether the handlers of `try: return kept[key]` fill what was missing: `except KeyError: kept[key] = f()`."""
    path = _taken_or_error(statement)
    if not path:
        return False
    return _lasts(path, lasting) and all(path in assigned(h.body) for h in statement.handlers)


def returns_without_error(
    statement: ast.Try, rest: Sequence[ast.stmt], lasting: Container[str]
) -> bool:
    """Whether a `try` returns what is kept, and what follows fills it."""
    if type(statement.body[0]) is not ast.Return:
        return False
    path = _taken_or_error(statement)
    if path:
        return _lasts(path, lasting) and path in assigned(rest)
    path = _got_or_error(statement)
    return bool(path) and _lasts(path, lasting) and path in cache_writes(rest)


def _got_or_error(statement: ast.Try) -> str:
    """The path of the cache in `return cache.get(key)`, where an error says that it has nothing; else empty."""
    value = getattr(statement.body[0], "value", None)
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return ""
    if len(statement.body) > 1 or not value.func.attr.startswith("get"):
        return ""
    caught = [handler.type for handler in statement.handlers]
    is_asked = all(isinstance(error, ast.Name) and error.id in _MISSING for error in caught)
    return path_of(value.func.value, 0) if is_asked and caught and not statement.orelse else ""


def _taken_or_error(statement: ast.Try) -> str:
    """The path of what a `try` only takes, where an error says that it is not there; else empty."""
    first = statement.body[0]
    if not isinstance(first, ast.Return | ast.Assign) or len(statement.body) > 1:
        return ""
    if isinstance(first.value, ast.Subscript):
        wanted, path = "KeyError", path_of(first.value.value, 0)
    elif isinstance(first.value, ast.Attribute):
        wanted, path = "AttributeError", path_of(first.value, 0)
    else:
        return ""
    caught = [handler.type for handler in statement.handlers]
    is_asked = all(isinstance(error, ast.Name) and error.id == wanted for error in caught)
    return path if is_asked and caught and not statement.orelse else ""


def _lasts(path: str, lasting: Container[str]) -> bool:
    """Whether a path leads from the object itself, its class, or a lasting name."""
    first = path.partition(".")[0]
    return (first in ("self", "cls") and first != path) or first in lasting


def cache_asked(path: str) -> str:
    """Of `cache.get()` or `cache.get().await` the path of the cache; of others an empty string."""
    called = path.removesuffix(".await")
    return called.removesuffix(".get()") if called.endswith(".get()") else ""


def _cache_got(statement: ast.stmt) -> str:
    """The path of the cache in `name = cache.get(...)` or `name = cache[key]`, or an empty string."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr.startswith(("get", "read", "lookup")):
            return path_of(value.func.value, 0)
    return path_of(value.value, 0) if isinstance(value, ast.Subscript) else ""


def _cache_handed(statement: ast.stmt) -> str:
    """The path of the cache in `name = fresh(cache, key)`, or an empty string."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(value.args) > 1:
        return path_of(value.args[0], 0)
    return ""


def _value_kept(statement: ast.stmt) -> str:
    """The path of the value in `name = self._kept` or `name = _kept`, or an empty string."""
    value = getattr(statement, "value", None)
    return path_of(value, 0) if isinstance(value, ast.Name | ast.Attribute) else ""


def _function_asked(statement: ast.stmt) -> str:
    """What `name = cache_get(key)` has in common with `cache_set(key, value)`, or an empty string."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Await):
        value = value.value
    return _cache_of(value, _READING) if isinstance(value, ast.Call) else ""


def _cache_of(call: ast.Call, verbs: re.Pattern[str]) -> str:
    """The path of a function that says it is a cache's, without the verb; empty where it says nothing."""
    path = path_of(call.func, 0)
    owner, _, name = path.rpartition(".")
    if "cache" not in name or not verbs.search(name):
        return ""
    return f"{owner}.{verbs.sub('', name, count=1)}()"


def cache_writes(block: Iterable[ast.stmt]) -> set[str]:
    """Paths of the objects that `block` puts something into."""
    found = assigned(block)
    for statement in block:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr.startswith(("set", "put", "add", "store", "write")):
                    found.add(path_of(node.func.value, 0))
            if isinstance(node, ast.Call):
                found.add(_cache_of(node, _WRITING))
    found.discard("")
    return found


def outlive(paths: set[str], lasting: Container[str]) -> bool:
    """Whether any of `paths` is still there after the call: an attribute, or a lasting name."""
    return any("." in path or path in lasting for path in paths)


def assigned(block: Iterable[Any]) -> set[str]:
    """Paths that `block` assigns, its own nested blocks included; `x[key] = ...` counts as `x`."""
    found: set[str] = set()
    pending: list[Any] = list(block)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is ast.Assign:
            for target in node.targets:
                _add_target(target, found)
        elif kind is ast.AnnAssign:
            _add_target(node.target, found)
        elif kind in _BLOCKS:
            for field in ("body", "orelse", "handlers", "finalbody"):
                pending.extend(getattr(node, field, ()))
    return found


def _add_target(target: Any, found: set[str]) -> None:
    kind = type(target)
    if kind is ast.Tuple or kind is ast.List:
        for element in target.elts:
            _add_target(element, found)
    elif kind is ast.Subscript:
        found.add(path_of(target.value, 0))
    elif kind is ast.Name or kind is ast.Attribute:
        found.add(path_of(target, 0))
