"""Which columns code searches by, and which ones an index finds, migrations included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.project.values import Class, each
from unlag.rules.database._columns import Column
from unlag.rules.database._members import mapping_of
from unlag.rules.database._migrations import ANY, migrated
from unlag.rules.database._models import Model, model_of
from unlag.rules.database._narrowing import (
    Part,
    attribute,
    going_with,
    is_class,
    named_by,
    parts_of,
)
from unlag.rules.places import tree_of
from unlag.source.facts import Call, FunctionFacts

_SEARCHING = frozenset({"where", "filter", "order_by", "join", "outerjoin"})
_SERVED = frozenset({"in_", "between", "startswith", "desc", "asc"})
_OPERATORS = (ast.Eq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)

Use: TypeAlias = tuple[str, str, str]
"""A function, the path of a class in it, and the attribute it compares or sorts by."""


def searching(index: Index, models: Mapping[str, Model], column: str) -> Mapping[str, str]:
    """Functions on the request path that filter, join or sort by a column, and by no indexed one besides.

    Each with the one of `models`, given by their ids, that it searches.
    """
    uses: Mapping[str, tuple[Use, ...]] = index.survey(USES)
    found: dict[str, str] = {}
    for function, owner, _ in uses.get(column, ()):
        if function in found or not index.graph.serves(function):
            continue
        path, _, qualname = function.rpartition(":")
        value = index.resolver.resolve(Place(path, qualname), owner)
        for item in each(value):
            model = models.get(item.id) if isinstance(item, Class) else None
            if model is not None and _is_used(index, function, owner, model, column):
                found[function] = model.id
    return found


def is_indexed(index: Index, model: Model, column: Column) -> bool:
    """Whether an index, a unique constraint or a key of the table begins with a column."""
    if column.is_primary_key or column.is_unique or column.is_indexed:
        return True
    if any(columns[:1] == (column.name,) for columns in model.indexes):
        return True
    if _in_module(index, model, column.name):
        return True
    known = migrated(index)
    if not model.table:  # any table may be its own
        return any(name == column.name for _, name in known)
    return (model.table, column.name) in known or (ANY, column.name) in known


def _in_module(index: Index, model: Model, column: str) -> bool:
    """Whether `Index("name", User.column)` or `Index("name", users.c.column)` stands below the class or table."""
    table = index.tables.get(model.id.rpartition(":")[0])
    wanted = (f"{model.name}.{column}", f".c.{column}")
    return table is not None and any(
        first.endswith(wanted)
        for call in table.functions["<module>"].facts.calls
        if call.target.rpartition(".")[2] == "Index"
        for first in call.positional()[1:2]
    )


def _is_used(index: Index, function: str, owner: str, model: Model, column: str) -> bool:
    """Whether an index on a column would serve a query of the function that no other index serves."""
    wanted = f"{owner}.{column}"
    found: frozenset[str] | None = None
    for search in index.recall(_searches, function):
        if wanted in search.served and search.is_begun:
            if found is None:
                names = index.recall(_finding, model.id)
                found = names | {f"{owner}.{name}" for name in names}
            if search.compared.isdisjoint(found):
                return True
    return False


class _Search(msgspec.Struct, frozen=True):
    """One statement of a function that searches."""

    served: frozenset[str]
    """The attributes that an index on them would serve."""
    compared: frozenset[str]
    """What its query compares for equality, in whatever statement, and what a narrowed table is joined by."""
    is_begun: bool
    """Whether the query begins in the function: who begins it may compare more."""


def _searches(index: Index, function: str) -> tuple[_Search, ...]:
    """The statements of a function that compare attributes or sort by them."""
    entry = index.function(function)
    tree = tree_of(index, entry) if entry is not None else None
    parts = parts_of(tree.node) if tree is not None else ()
    found: list[_Search] = []
    for part in parts:
        served = _served(part)
        if served:
            query = going_with(parts, part)
            compared = frozenset[str]().union(*(other.compared for other in query))
            compared |= _reached(compared, [pair for other in query for pair in other.joined])
            found.append(_Search(served, compared, any(other.begins for other in query)))
    return tuple(found)


def _reached(compared: frozenset[str], joined: list[tuple[str, str]]) -> frozenset[str]:
    """The columns by which rows are found for those of another table that is narrowed itself."""
    narrowed = {column.rpartition(".")[0] for column in compared}
    pairs = [*joined, *((other, one) for one, other in joined)]
    return frozenset(one for one, other in pairs if other.rpartition(".")[0] in narrowed)


def _finding(index: Index, model_id: str) -> frozenset[str]:
    """The columns of a model by which an index finds rows; those that the project's own functions make, too."""
    model, mapping = model_of(index, model_id), mapping_of(index, model_id)
    if model is None or mapping is None:
        return frozenset()
    found = {name for name, item in model.columns.items() if is_indexed(index, model, item)}
    found.update(columns[0] for columns in model.indexes if columns)
    found.update(
        name
        for name, member in mapping.members.items()
        if name not in model.columns and member.all_calls  # nobody knows what the call says
    )
    return frozenset(found)


def _served(part: Part) -> frozenset[str]:
    """The attributes for which an index serves what a statement does with them."""
    found: set[str] = set()
    for node in part.nodes:
        if isinstance(node, ast.Call):
            found |= named_by(node)
        if isinstance(node, ast.Compare) and all(isinstance(op, _OPERATORS) for op in node.ops):
            found.update(attribute(side) for side in (node.left, *node.comparators))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _SERVED:
                found.add(attribute(node.func.value))
            elif node.func.attr == "order_by":
                found.update(map(attribute, node.args))
    return frozenset(found - {""})


def _uses_in(index: Index, table: FileTable) -> tuple[Use, ...]:
    found: dict[Use, None] = {}
    for entry in table.functions.values() if not _SEARCHING.isdisjoint(table.called) else ():
        for owner, name in _searched(entry.facts):
            found[entry.id, owner, name] = None
    return tuple(found)


def _searched(item: FunctionFacts) -> list[tuple[str, str]]:
    """The paths of classes, each with an attribute, that a function reads within a search."""
    spans = [
        ((call.line, call.column), (call.end_line, call.end_column))
        for call in item.calls
        if call.target.rpartition(".")[2] in _SEARCHING and call.arguments
    ]
    found: list[tuple[str, str]] = []
    for read in item.reads if spans else ():
        owner, _, name = read.path.rpartition(".")
        is_inside = any(
            start <= (read.line, read.column) and (read.end_line, read.end_column) <= end
            for start, end in spans
        )
        if is_inside and is_class(owner):
            found.append((owner, name))
    for call in item.calls:
        if call.target.endswith(".filter_by"):
            found.extend(_named(item, call))
    return found


def _named(item: FunctionFacts, call: Call) -> Iterator[tuple[str, str]]:
    """What `select(User).filter_by(name=text)` compares."""
    head = call.target.partition("(")[0]
    for begun in item.calls:
        is_head = begun.target == head and (begun.line, begun.column) == (call.line, call.column)
        if is_head and is_class(owner := begun.argument(0, "entity") or ""):
            for argument in call.arguments:
                name, equals, _ = argument.partition("=")
                if equals and name.isidentifier():
                    yield owner, name


def _by_attribute(parts: Mapping[str, tuple[Use, ...]]) -> dict[str, tuple[Use, ...]]:
    found: dict[str, tuple[Use, ...]] = {}
    for path in sorted(parts):
        for use in parts[path]:
            found[use[2]] = (*found.get(use[2], ()), use)
    return found


USES: Survey[Index, tuple[Use, ...], dict[str, tuple[Use, ...]]] = Survey(
    _uses_in, _by_attribute, is_local=True, of_function=_searched
)
