"""Where settings get their value: module constants, class attributes and properties of a file.

Kept as source text of the expressions, for names that speak of debugging or of an environment only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from unlag.project.index import Index
from unlag.project.table import FileTable

Definitions = Mapping[str, str]
"""Qualified name in a file, such as `Settings.debug` -> its expression."""

_TELLING = re.compile(
    r"debug|reload|echo|env|prod|dev|local|stage|mode|test|verbose", re.IGNORECASE
)
_FIELDS = frozenset({"Field", "field", "FieldInfo"})


def definitions_in(index: Index, path: str) -> Definitions:
    """What the settings of one file are given, by qualified name."""
    if path not in index.tables:
        return {}
    return index.remember((definitions_in, path), lambda: _in_file(index, index.table_of(path)))


def _in_file(index: Index, table: FileTable) -> Definitions:
    names = [
        *table.bindings,
        *(name for item in table.classes.values() for name in item.attributes),
    ]
    if not any(map(_TELLING.search, names)):
        return {}
    text = index.text_of(table.path)
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {
        name: value for name, value in _in_body(tree.body, "") if not _is_set_again(table, name)
    }


def _is_set_again(table: FileTable, name: str) -> bool:
    owner, _, last = name.rpartition(".")
    entry = table.classes.get(owner)
    given = entry.attributes if entry is not None else table.bindings
    return len(given.get(last, ())) > 1 or (name in table.global_bindings and not owner)


def _in_body(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
    for statement in body:
        match statement:
            case ast.ClassDef(name=name, body=inner):
                yield from _in_body(inner, f"{prefix}{name}.")
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from _named(prefix, name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from _named(prefix, name, value)
            case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)]):
                if prefix and len(statement.body) == 1 + _has_docstring(statement):
                    yield from _named(prefix, name, value)


def _has_docstring(function: ast.FunctionDef) -> int:
    return int(ast.get_docstring(function) is not None)


def _named(prefix: str, name: str, value: ast.expr) -> Iterator[tuple[str, str]]:
    if _TELLING.search(name):
        yield prefix + name, ast.unparse(_default(value))


def _default(value: ast.expr) -> ast.expr:
    """What `Field(default=x)` stands for."""
    if isinstance(value, ast.Call):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else ast.unparse(value.func)
        given = [item.value for item in value.keywords if item.arg == "default"]
        if name in _FIELDS and (value.args or given):
            return value.args[0] if value.args else given[0]
    return value
