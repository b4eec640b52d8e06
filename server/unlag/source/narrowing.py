"""What tests tell of the classes that names are of: `isinstance`, alone or with others, and patterns.

Looks at plain names only. A test speaks of its branches; one whose body leaves speaks of all that follows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from unlag.source.expressions import path_of
from unlag.source.facts import Narrowing
from unlag.source.paths import UNKNOWN

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)

_PLAIN = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "set",
     "str", "tuple", "type"}
)  # fmt: skip
"""What most tests ask for, and nothing is followed of: seven in ten of them in litellm."""


class _Told(NamedTuple):
    name: str
    classes: tuple[str, ...]
    is_excluded: bool = False


def narrowed_by_if(node: Any, base: int, *, goes_on: bool) -> Iterator[Narrowing]:
    """What the test of an `if` tells of its branches, and of what `goes_on` behind it where the body leaves."""
    one, other = _when_true(node.test, base), _when_false(node.test, base)
    end = node.body[-1].end_lineno
    yield from _on(one, node.test.end_lineno - base, end - base)
    if node.orelse:
        yield from _on(other, end - base + 1, node.end_lineno - base)
    elif goes_on and isinstance(node.body[-1], _LEAVING):
        yield from _on(other, end - base + 1, 0)


def narrowed_by_assert(node: Any, base: int) -> Iterator[Narrowing]:
    """What is so behind an `assert`."""
    yield from _on(_when_true(node.test, base), node.end_lineno - base, 0)


def narrowed_by_case(subject: str, node: Any, base: int) -> Iterator[Narrowing]:
    """What a case's pattern tells of the name that is matched."""
    patterns = node.pattern.patterns if isinstance(node.pattern, ast.MatchOr) else [node.pattern]
    kept = [item.pattern if isinstance(item, ast.MatchAs) else item for item in patterns]
    classes = [path_of(item.cls, base) for item in kept if isinstance(item, ast.MatchClass)]
    if len(classes) == len(kept) and UNKNOWN not in classes:
        first, last = node.pattern.end_lineno - base, node.body[-1].end_lineno - base
        yield from _on([_Told(subject, tuple(classes))], first, last)


def _on(told: list[_Told], line: int, end_line: int) -> Iterator[Narrowing]:
    for item in told:
        yield Narrowing(*item, line, end_line)


def _when_true(test: Any, base: int) -> list[_Told]:
    """What is known where a test holds."""
    if isinstance(test, ast.Call):
        return _asked(test, base)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [told for operand in test.values for told in _when_true(operand, base)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _when_false(test.operand, base)
    return []


def _when_false(test: Any, base: int) -> list[_Told]:
    """What is known where a test does not hold."""
    if isinstance(test, ast.Call):
        return [told._replace(is_excluded=True) for told in _asked(test, base)]
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return [told for operand in test.values for told in _when_false(operand, base)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _when_true(test.operand, base)
    return []


def _asked(call: ast.Call, base: int) -> list[_Told]:
    match call:
        case ast.Call(ast.Name("isinstance"), [ast.Name(name), asked]):
            classes = tuple(_classes(asked, base))
            tells = UNKNOWN not in classes and not _PLAIN.issuperset(classes)
            return [_Told(name, classes)] if tells else []
    return []


def _classes(node: ast.expr, base: int) -> Iterator[str]:
    match node:
        case ast.Tuple(items):
            for item in items:
                yield from _classes(item, base)
        case ast.BinOp(left, ast.BitOr(), right):
            yield from _classes(left, base)
            yield from _classes(right, base)
        case _:
            yield path_of(node, base)
