"""Loops whose items are statements, or tables: no one statement can take the place of those."""

from __future__ import annotations

import ast
import re

from unlag.rules.database._loops import Loop, item_names
from unlag.rules.places import bound_names, last_name, names_in

_SENDING = frozenset({"execute", "exec", "scalar", "scalars", "fetch", "fetchrow", "fetchval"})
_WRITING = frozenset({"delete", "insert", "update"})
_BEFORE_A_TABLE = re.compile(
    r"""\b(?:from|into|update|join|table|exists|index)\s+["'`\[]*$""", re.I
)
_DEFINES = re.compile(r"\s*(?:alter|create|drop|truncate|analyze|vacuum|lock)\s", re.I)


def sends_own_statement(loop: Loop) -> bool:
    """Whether a loop sends a statement that an item is, that takes its table from one, or that defines something."""
    call = loop.inside[-1]
    if not isinstance(call, ast.Call) or not call.args or not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr not in _SENDING:
        return False
    if _is_of_own_table(loop, call.args[0]):
        return True
    given = _without_text(call.args[0])
    if isinstance(given, ast.Name):
        return given.id in bound_names(_target(loop)) and isinstance(loop.iterated, ast.Call)
    if isinstance(given, ast.Constant):
        return isinstance(given.value, str) and _DEFINES.match(given.value) is not None
    return isinstance(given, ast.JoinedStr) and _is_of_tables(given, item_names(loop.node))


def _is_of_own_table(loop: Loop, statement: ast.expr) -> bool:
    """Whether it is `insert(tables[item.name])`, whatever methods follow."""
    while isinstance(statement, ast.Call) and isinstance(statement.func, ast.Attribute):
        statement = statement.func.value
    return (
        isinstance(statement, ast.Call)
        and isinstance(statement.func, ast.Name)
        and statement.func.id in _WRITING
        and bool(statement.args)
        and loop.depends_on_item(statement.args[0])
    )


def _without_text(node: ast.expr) -> ast.expr:
    """The SQL of `text("...")`."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        if last_name(node.func) == "text":
            return node.args[0]
    return node


def _target(loop: Loop) -> ast.expr:
    node = loop.node
    return node.target if isinstance(node, ast.For | ast.AsyncFor) else node.generators[0].target


def _is_of_tables(text: ast.JoinedStr, items: set[str]) -> bool:
    """Whether SQL defines something, or takes a table from what an item gives."""
    before = ""
    for number, part in enumerate(text.values):
        if isinstance(part, ast.Constant):
            before = str(part.value)
            if number == 0 and _DEFINES.match(before):
                return True
        elif _BEFORE_A_TABLE.search(before) and not items.isdisjoint(names_in(part)):
            return True
    return False
