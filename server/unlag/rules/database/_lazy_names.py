"""Which functions can come to read a relationship: told by names alone, before anything is followed.

A name that is only the same counts; what no name leads to is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable, Statement
from unlag.rules.database._tables import LAZY, RELATIONSHIPS, can_map, maps, relationship_names
from unlag.rules.nearby import is_near
from unlag.source.facts import Call, FunctionFacts

VALIDATING = frozenset({"model_validate", "from_orm", "parse_obj", "validate_python"})
_Names = frozenset[str]


def may_load(index: Index, function_id: str) -> bool:
    """Whether a function, or one it runs within a few steps, reads something that is called like a relationship.

    Methods and properties of classes that have relationships count, and so does validating into a model.
    """
    return bool(loading_names(index)) and index.recall(_is_near_load, function_id)


def _is_near_load(index: Index, function_id: str) -> bool:
    names = loading_names(index)
    return is_near(index, function_id, lambda near, _: _reads(index, near, names))


def loading_names(index: Index) -> _Names:
    """Everything called like a relationship that loads when it is read, or like a method of a class with any."""
    found: _Related = index.survey(_RELATED)
    return found.loading


def related_names(index: Index) -> _Names:
    """Everything that is called like a relationship, or like a method of a class that has some."""
    found: _Related = index.survey(_RELATED)
    return found.every


class _Related(NamedTuple):
    every: _Names
    loading: _Names


def _names_in(index: Index, table: FileTable) -> frozenset[tuple[str, bool]]:
    """The names of a file, and whether what is called so can load something when it is read."""
    found: set[tuple[str, bool]] = set()
    for entry in table.classes.values():
        own = {name: item for name, item in entry.members.items() if _declares(item)}
        if own or any(_is_mixed_in(table, qualname) for qualname in entry.methods.values()):
            found.update((name, True) for name in entry.methods)
            for name, item in own.items():
                found.update((back, True) for back in _backrefs(item))
                found.add((name, any(map(_may_wait, _declaring(item)))))
    for function in table.functions.values() if can_map(table) else ():
        found.update((name, True) for name in _mapped(function.facts))
    return frozenset(found)


def _is_mixed_in(table: FileTable, qualname: str) -> bool:
    """Whether a method declares a relationship for the classes that it is mixed into."""
    method = table.functions.get(qualname)
    return method is not None and _is_declared(method.facts)


def _may_wait(call: Call) -> bool:
    """Whether what a relationship's call declares can be loaded when it is read: no other time is written down."""
    lazy = call.keyword("lazy")
    return lazy is None or lazy[:1] != "'" or lazy[1:] in LAZY


def _is_declared(item: FunctionFacts) -> bool:
    return bool(item.decorators) and _declares(item)


def _mapped(item: FunctionFacts) -> list[str]:
    return [name for call in item.calls if maps(call) for name in relationship_names(call)]


def _all_names(parts: Mapping[str, frozenset[tuple[str, bool]]]) -> _Related:
    found = frozenset[tuple[str, bool]]().union(*parts.values())
    return _Related(_named(found), _named(item for item in found if item[1]))


def _named(found: Iterable[tuple[str, bool]]) -> _Names:
    names = frozenset(name for name, _ in found)
    return names | VALIDATING if names else names


_RELATED: Survey[Index, frozenset[tuple[str, bool]], _Related] = Survey(
    _names_in,
    _all_names,
    is_local=True,
    of_function=lambda item: (_is_declared(item), _mapped(item)),
)


def _declares(item: FunctionFacts | Statement) -> bool:
    return any(_declaring(item))


def _declaring(item: FunctionFacts | Statement) -> Iterator[Call]:
    return (call for call in item.calls if call.target.rpartition(".")[2] in RELATIONSHIPS)


def _backrefs(item: Statement) -> list[str]:
    """The names that `backref="orders"` and `backref("orders")` give the other side."""
    found = [call.keyword("backref") for call in item.calls]
    found += [call.argument(0) for call in item.calls if call.target.endswith("backref")]
    return [name[1:] for name in found if name is not None and name.startswith("'")]


def _reads(index: Index, function_id: str, names: _Names) -> bool:
    entry = index.function(function_id)
    if entry is None:
        return False
    item = entry.facts
    paths = (*(read.path for read in item.reads), *(call.target for call in item.calls))
    return any(path.rpartition(".")[2] in names for path in paths)
