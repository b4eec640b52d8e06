"""Which functions can come to read a relationship: told by names alone, before anything is followed.

A name that is only the same counts; what no name leads to is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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
    names: _Names = index.survey(_LOADING)
    return names


def related_names(index: Index) -> _Names:
    """Everything that is called like a relationship, or like a method of a class that has some."""
    names: _Names = index.survey(_RELATED)
    return names


def _loading_in(index: Index, table: FileTable) -> _Names:
    return _names_in(table, _may_wait)


def _related_in(index: Index, table: FileTable) -> _Names:
    return _names_in(table, lambda call: True)


def _names_in(table: FileTable, is_wanted: Callable[[Call], bool]) -> _Names:
    found: set[str] = set()
    for entry in table.classes.values():
        own = {name: item for name, item in entry.members.items() if _declares(item)}
        mixed_in = [
            name
            for name, qualname in entry.methods.items()
            if (method := table.functions.get(qualname)) is not None and _is_declared(method.facts)
        ]
        if own or mixed_in:
            found |= entry.methods.keys()
            for name, item in own.items():
                found.update(_backrefs(item))
                if any(map(is_wanted, _declaring(item))):
                    found.add(name)
    for function in table.functions.values() if can_map(table) else ():
        found.update(_mapped(function.facts))
    return frozenset(found)


def _may_wait(call: Call) -> bool:
    """Whether what a relationship's call declares can be loaded when it is read: no other time is written down."""
    lazy = call.keyword("lazy")
    return lazy is None or lazy[:1] != "'" or lazy[1:] in LAZY


def _is_declared(item: FunctionFacts) -> bool:
    return bool(item.decorators) and _declares(item)


def _mapped(item: FunctionFacts) -> list[str]:
    return [name for call in item.calls if maps(call) for name in relationship_names(call)]


def _all_names(parts: Mapping[str, _Names]) -> _Names:
    found = frozenset[str]().union(*parts.values())
    return found | VALIDATING if found else found


def _taken_from(item: FunctionFacts) -> object:
    return _is_declared(item), _mapped(item)


_LOADING: Survey[Index, _Names, _Names] = Survey(
    _loading_in, _all_names, is_local=True, of_function=_taken_from
)
_RELATED: Survey[Index, _Names, _Names] = Survey(
    _related_in, _all_names, is_local=True, of_function=_taken_from
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
