"""Finds adjacent awaits that use nothing of each other.

Looks at names only; whether the calls do I/O or share a session is for the rule to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from unlag.source.facts import AwaitRun
from unlag.source.names import names_below

_AWAITING: frozenset[type] = frozenset({ast.Assign, ast.Expr, ast.AnnAssign})


def await_runs(body: list[Any], base: int) -> Iterator[AwaitRun]:
    """Each longest run of two or more independent awaiting statements in one statement list."""
    if (
        len([item for item in body if type(item) in _AWAITING and type(item.value) is ast.Await])
        < 2
    ):
        return
    run: list[Any] = []
    assigned: set[str] = set()
    for statement in body:
        call = _awaited_call(statement)
        if call is None or (run and assigned and not assigned.isdisjoint(_names_in([statement]))):
            if len(run) > 1:
                yield _as_run(run, base)
            run, assigned = [], set()
        if call is not None:
            run.append(statement)
            assigned |= _targets(statement)
    if len(run) > 1:
        yield _as_run(run, base)


def _awaited_call(statement: Any) -> ast.Call | None:
    kind = type(statement)
    if kind not in _AWAITING:
        return None
    value = statement.value
    if type(value) is not ast.Await or type(value.value) is not ast.Call:
        return None
    call: ast.Call = value.value
    return call


def _targets(statement: Any) -> set[str]:
    """Names the statement binds; for `x.a` and `x[0]` the name `x`, which it changes."""
    kind = type(statement)
    if kind is ast.Expr:
        return set()
    return _names_in(statement.targets if kind is ast.Assign else [statement.target])


def _names_in(nodes: list[Any]) -> set[str]:
    return {node.id for node in names_below(nodes)}


def _as_run(run: list[Any], base: int) -> AwaitRun:
    calls = [_awaited_call(statement) for statement in run]
    first, last = run[0], run[-1]
    return AwaitRun(
        first.lineno - base,
        first.col_offset,
        last.end_lineno - base,
        last.end_col_offset,
        tuple((call.lineno - base, call.col_offset) for call in calls if call is not None),
    )
