"""Where a class of the project is named, and whether any of it is more than making an object of it.

Reads the few files that can name the class; a name that is only the same counts, so that what is not
sure is not said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.view import ClassView
from unlag.source.facts import Import
from unlag.source.tree import UNREADABLE

_MOST_FILES = 3
_Names = frozenset[str]


def _imported(index: Index, table: FileTable) -> _Names:
    """Names that a file imports from anywhere, in functions too; `*module` for a star import."""
    found = {_last(item) for items in table.imports.values() for item in items}
    for entry in table.functions.values():
        found.update(map(_last, entry.facts.imports))
    found.update(f"*{item.module.rpartition('.')[2]}" for item in table.stars)
    return frozenset(found)


def _last(item: Import) -> str:
    """The imported name, or the module where that is what is bound."""
    is_module = item.attribute in ("", ".")
    return item.module.rpartition(".")[2] if is_module else item.attribute


def _by_name(parts: Mapping[str, _Names]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path in sorted(parts):
        for name in parts[path]:
            found.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


_IMPORTERS: Survey[Index, _Names, dict[str, tuple[str, ...]]] = Survey(
    _imported, _by_name, is_local=True
)


def files_of(view: ClassView) -> tuple[str, ...]:
    """The files that can name the class; none where they are many, or where it is handed on."""
    importers = view.survey(_IMPORTERS)
    own = view.entry.path
    module = own.removesuffix(".py").rpartition("/")[2]
    paths = {own, *importers.get(view.entry.facts.qualname, ()), *importers.get(module, ())}
    is_exported = any(path.endswith("/__init__.py") for path in paths) or f"*{module}" in importers
    return () if is_exported or len(paths) > _MOST_FILES else tuple(sorted(paths))


def makes_only(text: str, name: str) -> bool:
    """Whether a file names the class only to import it, define it, and make objects by keyword."""
    try:
        tree = ast.parse(text)
    except UNREADABLE:
        return False
    word = re.compile(rf"\b{re.escape(name)}\b")
    allowed: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, args=[], keywords=keywords) if _names(function, name):
                if all(item.arg is not None for item in keywords):
                    allowed.add(id(function))
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                allowed.add(id(kind))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                allowed.update(_local_annotations(node))
    for node in ast.walk(tree):
        if _names(node, name) and id(node) not in allowed:
            return False
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and word.search(node.value)
        ):
            return False
    return True


def _names(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name
    return isinstance(node, ast.Name) and node.id == name


def _local_annotations(function: ast.AST) -> set[int]:
    """The nodes of annotations of local variables: they say nothing of where objects go."""
    return {
        id(inner)
        for statement in ast.walk(function)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        for inner in ast.walk(statement.annotation)
    }
