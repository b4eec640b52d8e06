"""Settings that an application changes while it serves: it writes their file, or has their cache forget them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from itertools import pairwise

from unlag.project.index import Index
from unlag.project.passed import passed
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView, call_at
from unlag.source.facts import Call, FunctionFacts

_WRITING = frozenset({"set_key", "unset_key"})
_FORGETTING = "cache_clear"
_ABOUT = ("setting", "config")
Names = tuple[str, ...]


def are_changed_while_serving(function: FunctionView) -> bool:
    """Whether a function that serves requests changes the settings of the project."""
    changing: Names = function.survey(_CHANGED)
    return any(map(function.index.graph.serves, changing))


def _changes(item: FunctionFacts) -> bool:
    return any(map(_changes_settings, item.calls))


def _changes_settings(call: Call) -> bool:
    owner, _, name = call.target.rpartition(".")
    if name in _WRITING:
        return True
    return name == _FORGETTING and any(word in owner.lower() for word in _ABOUT)


def _changed_in(index: Index, table: FileTable) -> Names:
    return tuple(entry.id for entry in table.functions.values() if _changes(entry.facts))


def _all_of(parts: Mapping[str, Names]) -> Names:
    return tuple(name for names in parts.values() for name in names)


_CHANGED: Survey[Index, Names, Names] = Survey(
    _changed_in, _all_of, is_local=True, of_function=_changes
)


def stand_in_for_given(function: FunctionView, call: Call) -> bool:
    """Whether settings are made only where a parameter is missing, which every caller gives."""
    names = {parameter.name for parameter in function.facts.parameters}
    chain = chain_to(tree_of(function.index, function.entry), call)
    for node, inner in pairwise(chain):
        if isinstance(node, ast.If) and inner in node.body:
            missing = _missing(node.test)
            if missing in names and _is_always_given(function, missing):
                return True
    return False


def _missing(test: ast.expr) -> str:
    """The name that a test finds empty: `not settings`, `settings is None`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return name
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]
        ):
            return name
    return ""


def _is_always_given(function: FunctionView, name: str) -> bool:
    index = function.index
    callers = index.callers_of(function.entry.id)
    for caller_id, edge in callers:
        caller = index.function(caller_id)
        call = call_at(caller.facts, edge) if caller is not None else None
        if call is None:
            return False
        given = [value for one, value in passed(function.facts, call) if one.name == name]
        if not given or given[0] == "None":
            return False
    return bool(callers)
