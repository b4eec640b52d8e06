"""Moves `name = call(...)` out of the function it stands in, so that it runs once.

It looks at one file: that the value may be shared is for the rule to know.
"""

from __future__ import annotations

import ast
import builtins

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.blocks import dedented, indented
from unlag.fixes.imports import insertion
from unlag.fixes.names import bound_in, dotted
from unlag.fixes.tree import Place
from unlag.source.running import Function


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put the assignment above the function, in the scope around it."""
    call = tree.expression(request)
    if isinstance(call, Refusal):
        return call
    statement, function = call.statement, call.function
    if (
        function is None
        or not isinstance(statement, ast.Assign)
        or statement.value is not call.node
    ):
        return Refusal("The value is not assigned to a name in a function.")
    target = statement.targets[0]
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return Refusal("The value is not assigned to one plain name.")
    reason = (
        _rebound(function, target.id)
        or _closed(function, target.id)
        or _out_of_reach(call, function, target.id)
    )
    return Refusal(reason) if reason else _moved(call, statement, function)


def _rebound(function: Function, name: str) -> str | None:
    if sum(bound == name for bound, _ in bound_in(function)) > 1:
        return f"`{name}` gets another value in `{function.name}` too."
    return None


def _closed(function: Function, name: str) -> str | None:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            callee = dotted(node.func) or ""
            if callee in (f"{name}.dispose", f"{name}.close", f"{name}.terminate"):
                return f"Line {node.lineno} calls `{callee}`, which would close it for everybody."
    return None


def _out_of_reach(call: Place, function: Function, name: str) -> str | None:
    """What the value is built from that the scope around the function has not."""
    outer = [scope for scope in call.chain[: call.chain.index(function)] if _is_scope(scope)]
    above = {
        bound for scope in outer for bound, binder in bound_in(scope) if _is_above(binder, function)
    }
    local = {bound for bound, _ in bound_in(function)}
    for node in ast.walk(call.node):
        if isinstance(node, ast.Name):
            if node.id in local:
                return f"It is built from `{node.id}`, which belongs to `{function.name}`."
            if node.id not in above and node.id not in dir(builtins):
                return (
                    f"It is built from `{node.id}`, which has no value yet above `{function.name}`."
                )
    if any(bound == name for scope in outer for bound, _ in bound_in(scope)):
        return f"`{name}` means something else around `{function.name}` already."
    return None


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.Module | Function)


def _is_above(binder: ast.AST, function: Function) -> bool:
    return getattr(binder, "lineno", 0) < function.lineno or isinstance(binder, ast.arg)


def _moved(call: Place, statement: ast.Assign, function: Function) -> tuple[Edit, ...] | Refusal:
    span = call.span(statement)
    if call.lines[span.line - 1][: span.column].strip():
        return Refusal("The assignment shares its line with something else: move it by hand.")
    if call.lines[span.end_line - 1][span.end_column :].strip().startswith(";"):
        return Refusal("The assignment shares its line with something else: move it by hand.")
    if len(call.block) == 1:
        return Refusal("Nothing else stands in the block of the assignment: move it by hand.")
    holder = _holder(call, function)
    if holder is None:
        return Refusal("The function stands in a branch of a class: move the assignment by hand.")
    decorators: list[ast.expr] = getattr(holder, "decorator_list", [])
    line = min([holder.lineno, *(item.lineno for item in decorators)])
    indent = call.lines[holder.lineno - 1][: call.span(holder).column]
    lines = "\n".join(call.lines[span.line - 1 : span.end_line])
    written = dedented(lines, call.lines[span.line - 1][: span.column])
    gap = "\n" if indent else "\n\n"
    added = insertion(call, line, indented(written, indent) + "\n" + gap)
    end = span.end_line + 1
    is_alone = end <= len(call.lines) and not call.lines[end - 1].strip()
    removed = Edit(call.path, Span(span.line, 0, end + is_alone, 0), "")
    return (added, removed)


def _holder(call: Place, function: Function) -> ast.stmt | None:
    """The function, or the class whose method it is; None where a branch stands between the two."""
    depth = call.chain.index(function)
    while isinstance(call.chain[depth - 1], ast.ClassDef):
        depth -= 1
    holder = call.chain[depth]
    assert isinstance(holder, ast.stmt)
    outer = call.up_to(holder).scopes[:1]
    return None if outer and isinstance(outer[0], ast.ClassDef) else holder
