"""Runs independent awaits that follow each other at the same time, in an `asyncio.TaskGroup`.

That they are independent is for the rule to know; what it can see itself, a result that a later
call uses, is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import Lines, indented, lines_of, replaced
from unlag.fixes.imports import attribute
from unlag.fixes.names import meaning, unused
from unlag.fixes.tree import Place

_NO_COROUTINES = ("asyncio.gather", "asyncio.shield", "asyncio.wrap_future")

_CATCHING_GROUPS = ("Exception", "BaseException")


class Step(msgspec.Struct, frozen=True):
    """One awaited call of the run."""

    statement: ast.stmt
    call: ast.Call
    target: str
    """What the result is assigned to, empty where nobody wants it."""
    result: str
    """The left side as it is written, annotation included."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Start the awaited calls of the span's statements together, and assign the results after."""
    around = tree.surroundings(request)
    if isinstance(around, Refusal):
        return around
    statements = _statements(around, request.span)
    if len(statements) < 2:
        return Refusal("The text has changed: the statements are no longer there.")
    steps: list[Step] = []
    for statement in statements:
        step = _step(around, statement)
        if isinstance(step, Refusal):
            return step
        steps.append(step)
    place = around.at(statements[0]) if statements[0] is not around.node else around
    reason = _entangled(steps) or _foreign(place, steps) or _caught(place)
    lines = Refusal(reason) if reason else lines_of(place, statements[0], statements[-1])
    if isinstance(lines, Refusal):
        return lines
    group = attribute(place, "asyncio", "TaskGroup")
    if group is None:
        return Refusal("`asyncio` means something else here.")
    text = _grouped(place, steps, lines, group.name)
    return ordered((*group.edits, replaced(place, lines, text)))


def _statements(around: Place, span: Span) -> list[ast.stmt]:
    """The statements of one block that start and end exactly with `span`."""
    for block in _blocks(around.node):
        chosen = [one for one in block if _inside(around.span(one), span)]
        if chosen and _hull(around, chosen) == span:
            return chosen
    return []


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for owner in (node, *getattr(node, "cases", ())):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(owner, field, None)
            if isinstance(block, list):
                yield block


def _inside(inner: Span, outer: Span) -> bool:
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


def _hull(place: Place, chosen: Sequence[ast.stmt]) -> Span:
    first, last = place.span(chosen[0]), place.span(chosen[-1])
    return Span(first.line, first.column, last.end_line, last.end_column)


def _step(place: Place, statement: ast.stmt) -> Step | Refusal:
    line = statement.lineno
    match statement:
        case ast.Expr(value=ast.Await(value=ast.Call() as call)):
            target, left = "", ""
        case ast.Assign(targets=[ast.Name() as name], value=ast.Await(value=ast.Call() as call)):
            target, left = name.id, name.id
        case ast.AnnAssign(
            target=ast.Name() as name, annotation=kind, value=ast.Await(value=ast.Call() as call)
        ):
            target, left = name.id, f"{name.id}: {place.code(kind)}"
        case _:
            return Refusal(f"Line {line} is no awaited call whose result gets a plain name.")
    if not _is_plain(place, statement, call, left):
        return Refusal(f"Line {line} has parentheses or comments around the call: remove them.")
    return Step(statement, call, target, left)


def _is_plain(place: Place, statement: ast.stmt, call: ast.Call, left: str) -> bool:
    """Whether the statement is written `left = await call`."""
    outer, inner = place.span(statement), place.span(call)
    before = place.between(Span(outer.line, outer.column, inner.line, inner.column))
    wanted = f"{left} = await" if left else "await"
    ends = (outer.end_line, outer.end_column) == (inner.end_line, inner.end_column)
    return ends and before.split() == wanted.split()


def _entangled(steps: list[Step]) -> str | None:
    known: set[str] = set()
    for step in steps:
        for node in ast.walk(step.call):
            line = step.call.lineno
            if isinstance(node, ast.Name) and node.id in known:
                return f"Line {line} uses `{node.id}`, the result of an earlier line."
            if isinstance(node, ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom):
                return f"Line {line} awaits or binds something inside of the call."
        if step.target in known:
            return f"`{step.target}` is assigned twice."
        known |= {step.target} - {""}
    return None


def _foreign(place: Place, steps: Sequence[Step]) -> str | None:
    """Why the awaited calls cannot become tasks here."""
    if not isinstance(place.function, ast.AsyncFunctionDef):
        return "The statements stand outside of any coroutine."
    for step in steps:
        path = meaning(place, step.call.func) or ""
        if path in _NO_COROUTINES or path.endswith(".run_in_executor"):
            return f"`{path}` in line {step.call.lineno} gives a future, which is no coroutine."
    return None


def _caught(place: Place) -> str | None:
    """A handler around the statements that catches their errors, and not the group in which they come then."""
    for outer, inner in pairwise(place.chain):
        if not isinstance(outer, ast.Try) or inner not in outer.body:
            continue
        for handler in outer.handlers:
            caught = ast.unparse(handler.type) if handler.type is not None else "BaseException"
            if caught not in _CATCHING_GROUPS:
                return (
                    f"`except {caught}` in line {handler.lineno} does not catch a group of errors."
                )
    return None


def _grouped(place: Place, steps: Sequence[Step], lines: Lines, task_group: str) -> str:
    group = unused(place, "group")
    names = [unused(place, f"{step.target}_task") if _is_wanted(step) else "" for step in steps]
    made = place.lines[lines.first - 1 : lines.last]
    for step, name in reversed(list(zip(steps, names, strict=True))):
        made = _as_task(place, step, name, group, made, lines.first)
    head = f"{lines.indent}async with {task_group}() as {group}:\n"
    results = (
        f"\n{lines.indent}{step.result} = {name}.result()"
        for step, name in zip(steps, names, strict=True)
        if name
    )
    return head + indented("\n".join(made), lines.unit) + "".join(results)


def _is_wanted(step: Step) -> bool:
    return step.target not in ("", "_")


def _as_task(
    place: Place, step: Step, name: str, group: str, lines: Sequence[str], first: int
) -> tuple[str, ...]:
    """`lines`, which start with the file's line `first`, with one statement made a task."""
    start, call = place.span(step.statement), place.span(step.call)
    changed = list(lines)
    end = call.end_line - first
    changed[end] = changed[end][: call.end_column] + ")" + changed[end][call.end_column :]
    left = f"{name} = " if name else ""
    opened = changed[start.line - first][: start.column] + f"{left}{group}.create_task("
    changed[start.line - first] = opened + changed[call.line - first][call.column :]
    del changed[start.line - first + 1 : call.line - first + 1]
    return tuple(changed)
