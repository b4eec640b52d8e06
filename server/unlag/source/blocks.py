"""What statements with blocks mean for the facts: what runs in a loop, once, or only sometimes.

Pushes the blocks with their marks; what stands in them is for the other handlers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from sys import intern
from typing import Any

from unlag.source import facts
from unlag.source.caches import fills_on_error
from unlag.source.expressions import path_of
from unlag.source.facts import Binding, Block, Guard
from unlag.source.guards import (
    found_empty,
    is_for_windows,
    is_main_guard,
    picks_text,
    refuses,
    runs_once,
)
from unlag.source.narrowing import narrowed_by_assert, narrowed_by_case, narrowed_by_if
from unlag.source.paths import UNKNOWN, pack
from unlag.source.scopes import MODULE
from unlag.source.walker import Walker

_COMPOUND = frozenset({ast.Compare, ast.UnaryOp, ast.BoolOp})
"""Classes of tests that can hold because something is empty."""
_TELLING = frozenset({ast.Compare, ast.BoolOp, ast.Call})
"""Classes of tests that can hold for certain texts."""
_ASKING = frozenset({ast.Call, ast.UnaryOp, ast.BoolOp})
"""Classes of tests that can ask of what class something is."""
_SELDOM = facts.PICKED | facts.SELDOM
"""Of a branch for Windows, where hardly any server runs."""


class EndOfBranch:
    """Marks on the stack where the body of an `if` ends that has an `else`."""

    __slots__ = ("bound", "node")

    def __init__(self, node: Any, bound: int) -> None:
        self.node = node
        self.bound = bound
        """How many names were bound before the body."""


class EndOfWith:
    """Marks on the stack where the body of a `with` ends."""

    __slots__ = ("awaits", "node")

    def __init__(self, node: Any, awaits: int) -> None:
        self.node = node
        self.awaits = awaits


def if_(walker: Walker, node: Any) -> None:
    """The branches of an `if`, marked as conditional, run once, or run as a script."""
    scope = walker.scope
    test = node.test
    kind = type(test)
    if kind is ast.Compare and is_main_guard(test):
        walker.statements(node.orelse)
        walker.statements(node.body, facts.MAIN_GUARD)
        return
    if node.orelse:
        marks = facts.CONDITIONAL | (facts.SELDOM if refuses(node.orelse) else 0)
        walker.statements(node.orelse, marks)
        walker.stack.append(EndOfBranch(node, len(scope.bindings)))
    marks = facts.CONDITIONAL
    if kind in _COMPOUND and runs_once(test, node.body, scope.lasting(), scope.bindings):
        marks = facts.ONCE
    elif kind in _TELLING and picks_text(test):
        marks |= _SELDOM if is_for_windows(test) else _picked(scope.region)
    if marks != facts.ONCE and kind in _COMPOUND:
        note_filled(walker, found_empty(test, node.body), node.body)
    if type(node.body[-1]) is ast.Raise and marks != facts.ONCE and refuses(node.body):
        marks |= facts.SELDOM
    walker.statements(node.body, marks)
    if kind is not ast.Name:
        if kind in _ASKING and scope.qualname != MODULE:
            scope.narrowed += narrowed_by_if(node, walker.base, goes_on=not scope.region)
        walker.value(test, facts.TESTED)


def note_filled(walker: Walker, paths: Iterable[str], block: list[Any]) -> None:
    """Note of a block what it may be there to fill; whether its calls do is for others to know."""
    scope = walker.scope
    for path in paths:
        if path.startswith(f"{scope.self_name}.") if "." in path else not scope.has_bound(path):
            first, last = block[0].lineno - walker.base, block[-1].end_lineno - walker.base
            scope.guards.append(Guard(path, first, last))


def end_of_branch(walker: Walker, marker: Any) -> None:
    """Note of the names that the branch bound that they are not bound in the one beside it."""
    bindings = walker.scope.bindings
    if len(bindings) == marker.bound:
        return
    orelse = marker.node.orelse
    other = (orelse[0].lineno - walker.base, orelse[-1].end_lineno - walker.base)
    bindings[marker.bound :] = [
        Binding(item.name, item.line, item.path, (*item.beside, other))
        for item in bindings[marker.bound :]
    ]


def _picked(region: int) -> int:
    """The marks of a branch for certain texts, `region` being what it stands in.

    None in a loop, where one item may pick this branch and the next another.
    """
    if region & facts.IN_LOOP:
        return 0
    return facts.PICKED | facts.SELDOM if region & facts.PICKED else facts.PICKED


def while_(walker: Walker, node: Any) -> None:
    """A loop."""
    walker.statements(node.orelse)
    walker.statements(node.body, facts.IN_LOOP)
    walker.value(node.test, facts.TESTED)


def for_(walker: Walker, node: Any) -> None:
    """A loop over what its target is bound to."""
    if type(node) is ast.AsyncFor:
        walker.scope.awaits += 1
    path = path_of(node.iter, walker.base)
    walker.bind(node.target, UNKNOWN if path == UNKNOWN or "|" in path else intern(path + ".for"))
    walker.statements(node.orelse)
    walker.statements(node.body, facts.IN_LOOP)
    walker.value(node.iter, facts.ITERATED)


def with_(walker: Walker, node: Any) -> None:
    """A `with`; what it says about its body is known when that ends."""
    scope = walker.scope
    is_async = type(node) is ast.AsyncWith
    if is_async:
        scope.awaits += 1
    walker.stack.append(EndOfWith(node, scope.awaits))
    walker.statements(node.body)
    for item in node.items:
        path = path_of(item.context_expr, walker.base)
        if item.optional_vars is not None:
            known = path != UNKNOWN and "|" not in path
            walker.bind(item.optional_vars, intern(path + ".with") if known else UNKNOWN)
        walker.value(item.context_expr, facts.ASYNC_ENTERED if is_async else facts.ENTERED)


def end_of_with(walker: Walker, marker: Any) -> None:
    """Record what a `with` holds while its body awaits."""
    scope = walker.scope
    node = marker.node
    is_async = type(node) is ast.AsyncWith
    awaits = scope.awaits > marker.awaits
    for item in node.items:
        expression = item.context_expr
        if not awaits and type(expression) is ast.Call:
            continue
        path = path_of(expression, walker.base)
        if path == UNKNOWN:
            continue
        base = walker.base
        scope.blocks.append(
            Block(
                path,
                expression.lineno - base,
                expression.col_offset,
                expression.end_lineno - base,
                expression.end_col_offset,
                is_async,
                awaits,
            )
        )


def except_(walker: Walker, node: Any) -> None:
    """A handler; the name it binds is of no known type."""
    scope = walker.scope
    if node.name:
        scope.bindings.append(Binding(node.name, node.lineno - walker.base, UNKNOWN))
    walker.statements(node.body, facts.IN_EXCEPT | facts.CONDITIONAL)
    if node.type is not None:
        walker.value(node.type, 0)


def try_(walker: Walker, node: Any) -> None:
    """All parts of a `try`, in the order of the text."""
    walker.statements(node.finalbody)
    walker.statements(node.orelse)
    if type(node) is ast.Try and fills_on_error(node, walker.scope.lasting()):
        walker.marked(node.handlers, facts.ONCE)
    else:
        walker.stack.extend(reversed(node.handlers))
    walker.statements(node.body)


def assert_(walker: Walker, node: Any) -> None:
    """What is so from here on, or the function would have ended."""
    scope = walker.scope
    if type(node.test) in _ASKING and not scope.region and scope.qualname != MODULE:
        scope.narrowed += narrowed_by_assert(node, walker.base)
    if node.msg is not None:
        walker.value(node.msg, 0)
    walker.value(node.test, 0)


def match(walker: Walker, node: Any) -> None:
    """What is matched, and each case with what is known there of what was matched."""
    if type(node.subject) is ast.Name and walker.scope.qualname != MODULE:
        for item in node.cases:
            walker.scope.narrowed += narrowed_by_case(node.subject.id, item, walker.base)
    walker.stack.extend(reversed(node.cases))
    walker.value(node.subject, 0)


def case(walker: Walker, node: Any) -> None:
    """One case of a `match`; its body is conditional."""
    pattern = node.pattern
    is_text = type(pattern) is ast.MatchValue and type(pattern.value) is ast.Constant
    branch = _picked(walker.scope.region) if is_text else 0
    walker.statements(node.body, facts.CONDITIONAL | branch)
    if node.guard is not None:
        walker.value(node.guard, facts.TESTED)
    walker.stack.append(node.pattern)


def match_capture(walker: Walker, node: Any) -> None:
    """A name bound by a pattern."""
    pattern = getattr(node, "pattern", None)
    if node.name:
        path = UNKNOWN
        if isinstance(pattern, ast.MatchClass):
            path = f":({pack(path_of(pattern.cls, walker.base))})"
        walker.scope.bindings.append(Binding(node.name, node.lineno - walker.base, path))
    if pattern is not None:
        walker.stack.append(pattern)
