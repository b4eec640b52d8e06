"""Which columns have an index that only migrations, or SQL in the code, create.

Goes through Alembic's revisions in their order: what a later one drops is gone, what it creates again is back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import msgspec

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.nodes import nodes_in
from unlag.rules.places import dotted, tree_of
from unlag.source.facts import FunctionFacts

_CREATING = ("create_index", "create_unique_constraint", "create_primary_key")
_DROPPING = ("drop_index", "drop_constraint")
_SQL = re.compile(
    r"create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?[`\"]?(?P<name>\w+)[`\"]?\s+on\s+"
    r"(?:only\s+)?(?:\w+\.)?[`\"]?(?P<table>\w+)[`\"]?\s*(?:using\s+\w+\s*)?\(\s*[`\"]?(?P<column>\w+)",
    re.IGNORECASE,
)
_NAME = re.compile(r"^revision\s*(?::[^=\n]+)?=\s*[\"']([^\"']+)", re.MULTILINE)
_AFTER = re.compile(r"^down_revision\s*(?::[^=\n]+)?=\s*(\([^)]*\)|[^\n]*)", re.MULTILINE)


class Indexing(msgspec.Struct, frozen=True):
    """The functions of one file that have to do with indexes."""

    path: str
    functions: tuple[str, ...]


class _Revision(msgspec.Struct, frozen=True):
    functions: tuple[str, ...]
    name: str
    """The path where it is no revision of Alembic."""
    after: tuple[str, ...]


ANY = ""
"""Instead of a table: migrations make the index on tables that a variable names."""


class _Created(msgspec.Struct, frozen=True):
    name: str
    tables: tuple[str, ...]
    column: str


class _Dropped(msgspec.Struct, frozen=True):
    name: str


def migrated(index: Index) -> frozenset[tuple[str, str]]:
    """Tables, or ANY, and columns with an index that some migration creates and no later one drops."""
    return index.recall(_find)


def _find(index: Index) -> frozenset[tuple[str, str]]:
    found: dict[str, _Created] = {}
    files: tuple[Indexing, ...] = index.survey(INDEXING)
    for revision in _in_order([_revision(index, item) for item in files]):
        for function in revision.functions:
            entry = index.function(function)
            tree = tree_of(index, entry) if entry is not None else None
            for step in _steps(tree.node) if tree is not None else ():
                if isinstance(step, _Dropped):
                    found.pop(step.name, None)
                else:
                    found[step.name or f"{function}.{len(found)}"] = step
    return frozenset((table, item.column) for item in found.values() for table in item.tables)


def _revision(index: Index, item: Indexing) -> _Revision:
    text = index.text_of(item.path) or ""
    name, after = _NAME.search(text), _AFTER.search(text)
    followed = re.findall(r"[\"']([^\"']+)[\"']", after[1]) if after is not None else []
    return _Revision(item.functions, name[1] if name is not None else item.path, tuple(followed))


def _in_order(revisions: list[_Revision]) -> Iterator[_Revision]:
    """Each after those that it follows; what follows nothing known comes as its file is called."""
    waiting = {item.name: item for item in revisions}
    while waiting:
        ready = [
            name
            for name, item in waiting.items()
            if not any(before in waiting for before in item.after)
        ]
        for name in ready or list(waiting):
            yield waiting.pop(name)


# -- one function


def _steps(function: ast.AST) -> Iterator[_Created | _Dropped]:
    """What a function does with indexes, in the order of the text."""
    tables = _batches(function)
    calls = [node for node in nodes_in(function) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = dotted(call.func).rpartition(".")[2]
        if name.startswith(_DROPPING):
            given = call.args[0] if call.args else _keyword(call, "index_name", "constraint_name")
            yield _Dropped(_text(given))
        elif name.startswith(_CREATING):
            created = _created(call, tables)
            if created is not None:
                yield created
        else:
            yield from _of_sql(call)


def _batches(function: ast.AST) -> dict[str, str]:
    """Names that `batch_alter_table` gives to tables for a block."""
    return {
        item.optional_vars.id: _text(item.context_expr.args[0])
        for item in nodes_in(function)
        if isinstance(item, ast.withitem)
        and isinstance(item.optional_vars, ast.Name)
        and isinstance(item.context_expr, ast.Call)
        and item.context_expr.args
    }


def _created(call: ast.Call, tables: Mapping[str, str]) -> _Created | None:
    """An index of `op.create_index`, of a batch, or of the project's own function around them."""
    columns = next((item for item in call.args if isinstance(item, ast.List | ast.Tuple)), None)
    given = _keyword(call, "columns", "column_names")
    if columns is None and isinstance(given, ast.List | ast.Tuple):
        columns = given
    if columns is None or not columns.elts:
        return None
    texts = [_text(item) for item in call.args]
    name = texts[0] if texts else _text(_keyword(call, "index_name", "constraint_name"))
    named = _text(_keyword(call, "table_name", "source"))
    batch = tables.get(dotted(call.func).rpartition(".")[0], "")
    of_texts = texts if dotted(call.func).rpartition(".")[2] not in _CREATING else texts[1:2]
    found = [batch] if batch else [named] if named else of_texts
    return _Created(name, tuple(filter(None, found)) or (ANY,), _text(columns.elts[0]))


def _of_sql(call: ast.Call) -> Iterator[_Created]:
    for item in call.args:
        match = _SQL.search(_text(item))
        if match is not None:
            yield _Created(match["name"], (match["table"],), match["column"])


def _keyword(call: ast.Call, *names: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg in names), None)


def _text(node: ast.expr | None) -> str:
    """A text, also in `op.f("ix_users_name")`."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# -- all files


def _indexing_in(index: Index, table: FileTable) -> tuple[Indexing, ...]:
    has_upgrade = any(entry.facts.name.startswith("upgrade") for entry in table.functions.values())
    functions = tuple(
        entry.id
        for entry in table.functions.values()
        if (has_upgrade and _migrates(entry.facts)) or _speaks_sql(entry.facts)
    )
    return (Indexing(table.path, functions),) if functions else ()


def _migrates(item: FunctionFacts) -> bool:
    names = (call.target.rpartition(".")[2] for call in item.calls)
    is_back = "downgrade" in item.name
    return not is_back and any(name.startswith((*_CREATING, *_DROPPING)) for name in names)


def _speaks_sql(item: FunctionFacts) -> bool:
    return "downgrade" not in item.name and any(
        argument[:8].lower() == "'create " and "index" in argument[:20].lower()
        for call in item.calls
        for argument in call.arguments
    )


def _all_of(parts: Mapping[str, tuple[Indexing, ...]]) -> tuple[Indexing, ...]:
    return tuple(item for path in sorted(parts) for item in parts[path])


INDEXING: Survey[Index, tuple[Indexing, ...], tuple[Indexing, ...]] = Survey(
    _indexing_in,
    _all_of,
    is_local=True,
    of_function=lambda item: (_migrates(item), _speaks_sql(item)),
)
