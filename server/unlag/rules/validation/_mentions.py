"""Where a class of the project is named, and whether any of it is more than making an object of it.

Reads the few files that can name the class; a name that is only the same counts, so that what is not
sure is not said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable, FunctionEntry
from unlag.rules.view import ClassView
from unlag.source.facts import Import
from unlag.source.scopes import MODULE
from unlag.source.tree import UNREADABLE

_MOST_FILES = 3
_Names = frozenset[str]
_BOUND = frozenset({"staticmethod", "classmethod"})
_WORD = re.compile(r"\w+")
_IMPORTED = re.compile(r"\s+\w+(?: as \w+)?,?\s*(?:#.*)?")
"""A line of an import over several lines."""


def _imported(index: Index, table: FileTable) -> tuple[str, ...]:
    """Names that a file imports from anywhere, in functions too; `*module` for a star import."""
    found = {_last(item) for items in table.imports.values() for item in items}
    for entry in table.functions.values():
        found.update(map(_last, entry.facts.imports))
    found.update(f"*{item.module.rpartition('.')[2]}" for item in table.stars)
    return tuple(sorted(found))


def _last(item: Import) -> str:
    """The imported name, or the module where that is what is bound."""
    is_module = item.attribute in ("", ".")
    return item.module.rpartition(".")[2] if is_module else item.attribute


def _by_name(parts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path in sorted(parts):
        for name in parts[path]:
            found.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


_IMPORTERS: Survey[Index, tuple[str, ...], dict[str, tuple[str, ...]]] = Survey(
    _imported, _by_name, is_local=True, of_function=lambda item: item.imports
)


def files_of(view: ClassView) -> tuple[str, ...]:
    """The files that can name the class; none where they are many, or where it is handed on."""
    importers = view.survey(_IMPORTERS)
    own = view.entry.path
    module = own.removesuffix(".py").rpartition("/")[2]
    paths = {own, *importers.get(view.entry.facts.qualname, ()), *importers.get(module, ())}
    is_exported = any(path.endswith("/__init__.py") for path in paths) or f"*{module}" in importers
    return () if is_exported or len(paths) > _MOST_FILES else tuple(sorted(paths))


def makes_only(view: ClassView, path: str) -> bool:
    """Whether a file names the class only to import it, define it, and make objects by keyword."""
    name = view.qualname
    lines = view.index.lines_of(path)
    telling: set[int] = set()
    for number, start in _mentions(lines, name):
        if not _can_be_making(lines[number], start, name):
            return False
        if not _is_no_use(lines, number, name):
            telling.add(number)
    return name not in _used_in(view.index, path, telling)


def _mentions(lines: Sequence[str], name: str) -> Iterator[tuple[int, int]]:
    """Line, counted from 0, and column of every mention of a name."""
    for number, line in enumerate(lines):
        start = line.find(name) if name in line else -1
        while start >= 0:
            end = start + len(name)
            if not _is_part_of_name(line[start - 1 : start]) and not _is_part_of_name(
                line[end : end + 1]
            ):
                yield number, start
            start = line.find(name, end)


def _is_part_of_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def _can_be_making(line: str, start: int, name: str) -> bool:
    """Whether a mention can be one of those that are allowed, as far as its line tells without a parse."""
    after = line[start + len(name) : start + len(name) + 3].lstrip(" ")
    if after[:1] == "(":
        return True
    line = line.strip()
    if _is_import(line) or line.rstrip(",") == name:
        return True
    is_annotated_local = re.match(r"\w+\s*:[^=,]*=[^=]", line) is not None
    is_signature = line.startswith(("def ", "async def ", ")")) or (
        line[-1:] == "," and ":" in line
    )
    return is_annotated_local or is_signature or "isinstance(" in line or "#" in line


def _is_import(line: str) -> bool:
    return line.startswith(("import ", "from "))


def _is_no_use(lines: Sequence[str], number: int, name: str) -> bool:
    """Whether a line at module level does nothing but import a class, or begin it."""
    line = lines[number]
    if line.startswith(f"class {name}(") and line.count(name) == 1:
        return True
    while number and _IMPORTED.fullmatch(lines[number]):
        number -= 1
    is_import = lines[number].startswith("from ") and lines[number].rstrip().endswith("import (")
    return is_import or (_is_import(line) and ";" not in line)


def _used_in(index: Index, path: str, lines: set[int]) -> frozenset[str]:
    """Every name that some lines of a file, counted from 0, mention otherwise than to make objects by keyword."""
    found: set[str] = set()
    functions = list(index.tables[path].whole.functions.values())
    while lines:
        number = min(lines)
        entry = _around(functions, number + 1)
        syntax = index.syntax(entry) if entry is not None else None
        if entry is None or syntax is None:
            return _used_in_file("\n".join(index.lines_of(path)))
        found |= _used(syntax.node)
        lines = {other for other in lines if other >= entry.offset + entry.facts.end_line}
    return frozenset(found)


def _around(functions: Iterable[FunctionEntry], line: int) -> FunctionEntry | None:
    """The outermost function that holds a line."""
    around = [
        entry
        for entry in functions
        if _first_line(entry) <= line <= entry.offset + entry.facts.end_line
        and entry.facts.name != MODULE
    ]
    return min(around, key=_first_line, default=None)


def _first_line(entry: FunctionEntry) -> int:
    first = min([entry.facts.line, *(call.line for call in entry.facts.decorators)])
    return first + entry.offset


@lru_cache(maxsize=8)
def _used_in_file(text: str) -> frozenset[str]:
    try:
        return _used(ast.parse(text))
    except UNREADABLE:
        return frozenset(_WORD.findall(text))


def _used(tree: ast.AST) -> frozenset[str]:
    """Every name that a tree mentions otherwise than to make objects by keyword, and all words of its texts."""
    nodes = list(ast.walk(tree))
    making = _making(nodes)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(_WORD.findall(node.value))
        elif isinstance(node, ast.Name) and id(node) not in making:
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and id(node) not in making:
            found.add(node.attr)
    return frozenset(found)


def _making(nodes: Iterable[ast.AST]) -> set[int]:
    """The nodes that make objects by keyword, or say nothing of where objects go."""
    found: set[int] = set()
    for node in nodes:
        match node:
            case ast.Call(func=function, args=[], keywords=keywords):
                if all(item.arg is not None for item in keywords):
                    found.add(id(function))
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                found.add(id(kind))
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                found.update(_local_annotations(body))
                found.update(_own_annotations(node))
    return found


def _own_annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    """The nodes of a function's annotations, where no decorator can read them."""
    if not all(isinstance(one, ast.Name) and one.id in _BOUND for one in function.decorator_list):
        return
    given = function.args
    every = (*given.posonlyargs, *given.args, *given.kwonlyargs)
    for annotation in (function.returns, *(one.annotation for one in every)):
        if annotation is not None:
            yield from map(id, ast.walk(annotation))


def _local_annotations(body: list[ast.stmt]) -> Iterator[int]:
    """The nodes of annotations of local variables: they say nothing of where objects go."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield from map(id, ast.walk(node.annotation))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            pending.extend(ast.iter_child_nodes(node))
