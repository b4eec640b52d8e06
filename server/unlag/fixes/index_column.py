"""Adds `index=True` to a column of a model. Arguments: the column's name."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.imports import member
from unlag.fixes.names import dotted
from unlag.fixes.tree import Place, empty

_MAKERS = frozenset({"mapped_column", "Column", "Field"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Give the call that makes the column one more argument, or make one."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    statement = inside.statement
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return Refusal("The text has changed: no column stands where it was.")
    call = statement.value
    if call is None or _is_default(statement):
        return _made(inside, statement)
    if isinstance(call, ast.Call) and _last(call.func) == "Table":
        call = _in_table(call, request.arguments[0])
    if not isinstance(call, ast.Call) or _last(call.func) not in _MAKERS:
        return Refusal("The column is made by something else: add the index there.")
    column = next((word.value for word in call.keywords if word.arg == "sa_column"), None)
    if column is not None:  # SQLModel takes an index beside it for a mistake
        if not isinstance(column, ast.Call) or _last(column.func) != "Column":
            return Refusal("The column is made by something else: add the index there.")
        call = column
    if any(keyword.arg in ("index", None) for keyword in call.keywords):
        return Refusal("The column says already whether it has an index.")
    return (keywords.added(inside, call, ["index=True"]),)


def _in_table(table: ast.Call, name: str) -> ast.Call | None:
    """The `Column("name", ...)` of a table that is written down by hand."""
    for column in table.args:
        if isinstance(column, ast.Call) and column.args:
            first = column.args[0]
            if isinstance(first, ast.Constant) and first.value == name:
                return column
    return None


def _is_default(statement: ast.Assign | ast.AnnAssign) -> bool:
    """Whether the column is nothing but a field of SQLModel with a plain default."""
    is_field = isinstance(statement, ast.AnnAssign) and not _is_mapped(statement)
    return is_field and isinstance(statement.value, ast.Constant)


def _is_mapped(statement: ast.AnnAssign) -> bool:
    annotation = statement.annotation
    return isinstance(annotation, ast.Subscript) and _last(annotation.value) == "Mapped"


def _last(node: ast.expr) -> str:
    return (dotted(node) or "").rpartition(".")[2]


def _made(inside: Place, statement: ast.Assign | ast.AnnAssign) -> tuple[Edit, ...] | Refusal:
    """A column that is nothing but an annotation, or has a plain default, gets a call of its own."""
    assert isinstance(statement, ast.AnnAssign)
    is_mapped = _is_mapped(statement)
    module, name = ("sqlalchemy.orm", "mapped_column") if is_mapped else ("sqlmodel", "Field")
    maker = member(inside, module, name)
    if maker is None:
        return Refusal(f"`{name}` means something else in this file.")
    if statement.value is None:
        span = inside.span(statement)
        end = empty(span.end_line, span.end_column)
        edit = Edit(inside.path, end, f" = {maker.name}(index=True)")
    else:
        text = f"{maker.name}(default={inside.code(statement.value)}, index=True)"
        edit = Edit(inside.path, inside.span(statement.value), text)
    return tuple(sorted((*maker.edits, edit), key=lambda item: item.span))
