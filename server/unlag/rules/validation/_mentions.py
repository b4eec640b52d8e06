"""Where a class of the project is named, and whether any of it is more than making an object of it.

Reads the few files that can name the class; a name that is only the same counts, so that what is not
sure is not said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.view import ClassView
from unlag.source.facts import Import
from unlag.source.tree import UNREADABLE

_MOST_FILES = 3
_Names = frozenset[str]
_WORD = re.compile(r"\w+")


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
    mentions = re.finditer(rf"\b{re.escape(name)}\b", text)
    return all(_can_be_making(text, item) for item in mentions) and name not in _used(text)


@lru_cache(maxsize=8)
def _used(text: str) -> frozenset[str]:
    """Every name that a file mentions otherwise than to make objects by keyword, and all words of its texts."""
    try:
        tree = ast.parse(text)
    except UNREADABLE:
        return frozenset(_WORD.findall(text))
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
    return found


def _can_be_making(text: str, match: re.Match[str]) -> bool:
    """Whether a mention can be one of those that are allowed, as far as its line tells without a parse."""
    after = text[match.end() : match.end() + 3].lstrip(" ")
    if after[:1] == "(":
        return True
    line = text[text.rfind("\n", 0, match.start()) + 1 : text.find("\n", match.end())].strip()
    if line.startswith(("import ", "from ")) or line.rstrip(",") == match[0]:
        return True
    is_annotated_local = re.match(r"\w+\s*:[^=,]*=[^=]", line) is not None
    return is_annotated_local or "isinstance(" in line or "#" in line


def _local_annotations(body: list[ast.stmt]) -> Iterator[int]:
    """The nodes of annotations of local variables: they say nothing of where objects go."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield from map(id, ast.walk(node.annotation))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            pending.extend(ast.iter_child_nodes(node))
