"""Recognises code that runs once: `if self._client is None: self._client = ...` and its kin.

Looks at the shape of one `if` and what its block assigns; proves nothing about threads.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence
from typing import Any

from unlag.source.caches import (
    assigned,
    cache_asked,
    cache_writes,
    is_cached,
    outlive,
    returns_without_error,
)
from unlag.source.expressions import path_of
from unlag.source.facts import Binding
from unlag.source.new_files import makes_missing_file, returns_from_file

_WINDOWS = frozenset({"nt", "win32", "win", "Windows", "windows"})
_LEAVING = frozenset({ast.Return, ast.Break, ast.Continue})
_WITH_BLOCKS = frozenset(
    {ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.ExceptHandler,
     ast.Match, ast.match_case}
)  # fmt: skip


def runs_once(
    test: ast.expr,
    block: Sequence[ast.stmt],
    lasting: Container[str],
    bindings: Sequence[Binding] = (),
) -> bool:
    """Whether `block` under `if test:` fills what the test found empty.

    `lasting` names the variables that outlive the call; attributes always do. `bindings` are those
    made so far: with `kept = cache.get(key)` among them, what fills `kept` has to fill `cache` too.
    """
    if _tells_new_key(test, ast.NotEq, block, lasting) or makes_missing_file(test, block, lasting):
        return True
    watched = set(empty(test))
    if not watched:
        return False
    if outlive(watched & assigned(block), lasting):
        return True
    caches = {cache_asked(b.path) for b in bindings if b.name in watched}
    caches.discard("")
    return bool(caches) and outlive(caches & cache_writes(block), lasting)


def _tells_new_key(
    test: Any, operator: type[ast.cmpop], filled_by: Sequence[ast.stmt], lasting: Container[str]
) -> bool:
    """Whether `test` compares a global with what `filled_by` then keeps in it.

    As in `if _pid != pid: _kept = ...; _pid = pid`, and in `if _pid == pid: return _kept` with the rest below.
    An attribute can be what the block is there to write.
    """
    if type(test) is not ast.Compare or type(test.ops[0]) is not operator:
        return False
    sides = (test.left, test.comparators[0])
    names = [side.id for side in sides if type(side) is ast.Name and side.id in lasting]
    return bool(names) and not assigned(filled_by).isdisjoint(names)


def answers_kept(body: Sequence[ast.stmt], index: int, lasting: Container[str]) -> bool:
    """Whether `body[index]` returns what is already there, in a `with` too: what follows fills it."""
    statement = body[index]
    if type(statement) is ast.If:
        return returns_kept(body, index, lasting)
    if type(statement) is ast.Try:
        return returns_without_error(statement, body[index + 1 :], lasting)
    if type(statement) is not ast.With and type(statement) is not ast.AsyncWith:
        return False
    inner = statement.body
    flat = [*body[:index], *inner, *body[index + 1 :]]
    return any(returns_kept(flat, index + place, lasting) for place in range(len(inner)))


def returns_kept(body: Sequence[ast.stmt], index: int, lasting: Container[str]) -> bool:
    """Whether `body[index]` returns what is already there, and what follows fills it.

    As in `if x: return x`, and in `kept = cache.get(key)`, `if kept: return kept`,
    `cache.set(key, value)`.
    """
    statement = body[index]
    if type(statement) is not ast.If:
        return False
    if type(statement.test) is ast.Call and type(statement.test.func) is ast.Attribute:
        return returns_from_file(statement, body[index + 1 :], lasting)
    rest = body[index + 1 :]
    if _tells_new_key(statement.test, ast.Eq, rest, lasting):
        return not statement.orelse and type(statement.body[-1]) is ast.Return
    watched = set(filled(statement.test))
    if not watched:
        return False
    if statement.body[-1].__class__ is not ast.Return:
        return _returns_while_valid(statement, rest, lasting)
    is_kept = not statement.orelse and outlive(watched & assigned(rest), lasting)
    if not is_kept and not is_cached(watched, body[:index], rest, lasting):
        return False
    return not _yields(statement)


def _returns_while_valid(
    statement: ast.If, rest: Sequence[ast.stmt], lasting: Container[str]
) -> bool:
    """Whether the block returns a global that is kept while something is as it was, and what follows fills it.

    As in `if _kept is not None:`, `if path.stat().st_mtime == _changed: return _kept`.
    """
    match statement.test:
        case ast.Name(name) | ast.Compare(ast.Name(name), [ast.IsNot()], [ast.Constant(None)]):
            returned = any(
                isinstance(node, ast.Return)
                and isinstance(node.value, ast.Name)
                and node.value.id == name
                for node in ast.walk(statement)
            )
            return returned and not statement.orelse and name in lasting and name in assigned(rest)
    return False


def _yields(statement: ast.If) -> bool:
    """Whether a branch yields: a lock that is held already is no cache."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(statement))


def found_empty(test: ast.expr, block: Sequence[ast.stmt]) -> Iterator[str]:
    """What `test` finds empty, where `block` calls something for its effect, which may fill it."""
    if any(type(statement) is ast.Expr for statement in block):
        yield from empty(test)


def is_main_guard(test: ast.expr) -> bool:
    """Whether `test` is `__name__ == "__main__"`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def picks_text(test: Any) -> bool:
    """Whether `test` holds for certain texts that it spells out: `kind == "file"`, `name.startswith("x/")`."""
    kind = type(test)
    if kind is ast.BoolOp:
        is_any = type(test.op) is ast.And
        return (any if is_any else all)(picks_text(value) for value in test.values)
    if kind is ast.Compare and len(test.ops) == 1:
        operator = type(test.ops[0])
        if operator is ast.Eq:
            return _is_text(test.comparators[0]) or _is_text(test.left)
        if operator is ast.In:
            return all(_is_text(item) for item in getattr(test.comparators[0], "elts", (None,)))
    return (
        kind is ast.Call
        and type(test.func) is ast.Attribute
        and test.func.attr in ("startswith", "endswith")
        and len(test.args) == 1
        and _is_text(test.args[0])
    )


def refuses(block: list[Any]) -> bool:
    """Whether a branch does something and then always raises: what it does is for requests that fail."""
    if len(block) < 2 or type(block[-1]) is not ast.Raise:
        return False
    pending = block[:-1]
    while pending:
        item = pending.pop()
        kind = type(item)
        if kind in _LEAVING:
            return False
        if kind in _WITH_BLOCKS:
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                pending += getattr(item, name, ())
    return True


def is_for_windows(test: Any) -> bool:
    """Whether `test`, which holds for certain texts, holds on Windows alone: `os.name == "nt"`."""
    kind = type(test)
    if kind is ast.BoolOp:
        return type(test.op) is ast.And and any(is_for_windows(value) for value in test.values)
    if kind is ast.Compare:
        sides = (test.left, test.comparators[0])
        is_said = type(test.ops[0]) is ast.Eq and any(
            _is_text(s) and s.value in _WINDOWS for s in sides
        )
        return is_said and any(_is_platform(side) for side in sides)
    is_asked = kind is ast.Call and len(test.args) == 1 and _is_text(test.args[0])
    return is_asked and test.args[0].value in _WINDOWS and _is_platform(test.func)


def _is_platform(node: Any) -> bool:
    """Whether it is `os.name`, `sys.platform`, `platform.system()`, or a method of one of them."""
    path = path_of(node, 0)
    return path.startswith(("os.name", "sys.platform", "platform.system()"))


def _is_text(node: Any) -> bool:
    return type(node) is ast.Constant and type(node.value) is str


def empty(test: Any) -> Iterator[str]:
    """Paths that are empty, unset or absent when `test` holds."""
    kind = type(test)
    if kind is ast.UnaryOp:
        if type(test.op) is ast.Not:
            yield from filled(test.operand)
    elif kind is ast.BoolOp:
        for value in test.values:
            yield from empty(value)
    elif kind is ast.Compare and len(test.ops) == 1:
        operator = type(test.ops[0])
        if operator is ast.NotIn:
            yield path_of(test.comparators[0], 0)
        elif (operator is ast.Is or operator is ast.Eq) and _is_none(test.comparators[0]):
            yield path_of(test.left, 0)


def filled(test: Any) -> Iterator[str]:
    """Paths that are set when `test` holds."""
    kind = type(test)
    if kind is ast.Name or kind is ast.Attribute or kind is ast.NamedExpr:
        yield path_of(test, 0)
    elif kind is ast.Call:
        if type(test.func) is ast.Name and test.func.id == "hasattr" and len(test.args) == 2:
            name = test.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield f"{path_of(test.args[0], 0)}.{name.value}"
    elif kind is ast.BoolOp:
        for value in test.values:
            yield from filled(value)
    elif kind is ast.Compare and len(test.ops) == 1:
        operator = type(test.ops[0])
        if operator is ast.In:
            yield path_of(test.comparators[0], 0)
        elif (operator is ast.IsNot or operator is ast.NotEq) and _is_none(test.comparators[0]):
            yield path_of(test.left, 0)


def _is_none(node: Any) -> bool:
    return type(node) is ast.Constant and node.value is None
