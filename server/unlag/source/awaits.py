"""Finds adjacent awaits that use nothing of each other.

Looks at names only; whether the calls do I/O or share a session is for the rule to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from unlag.source.facts import AwaitRun


def await_runs(body: list[Any], base: int) -> Iterator[AwaitRun]:
    """Each longest run of two or more independent awaiting statements in one statement list."""
    run: list[Any] = []
    assigned: set[str] = set()
    for statement in body:
        call = _awaited_call(statement)
        if call is None or (run and assigned & _names_in(statement)):
            if len(run) > 1:
                yield _as_run(run, base)
            run, assigned = [], set()
        if call is not None:
            run.append(statement)
            assigned |= _targets(statement)
    if len(run) > 1:
        yield _as_run(run, base)


def _awaited_call(statement: Any) -> ast.Call | None:
    kind = statement.__class__
    if kind is not ast.Assign and kind is not ast.Expr and kind is not ast.AnnAssign:
        return None
    value = statement.value
    if value.__class__ is not ast.Await or value.value.__class__ is not ast.Call:
        return None
    call: ast.Call = value.value
    return call


def _targets(statement: Any) -> set[str]:
    """Names the statement binds; for `x.a` and `x[0]` the name `x`, which it changes."""
    nodes = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    names: set[str] = set()
    for node in nodes:
        if node is not None:
            names.update(item.id for item in ast.walk(node) if isinstance(item, ast.Name))
    return names


def _names_in(statement: Any) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


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
