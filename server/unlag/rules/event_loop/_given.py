"""The constants that a call gives a function: those it writes down, and those it leaves to the defaults.

Only of parameters that the function asks in a condition or hands on: no others decide anything. Of those that it asks
for their type, the type counts as well, where it is plain.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from unlag.project.callables import CALLED
from unlag.project.index import Index
from unlag.project.links import Edge
from unlag.project.passed import passed, takes_itself, values_passed
from unlag.project.place import Place
from unlag.project.values import Collection, ExternalInstance, Value
from unlag.rules.event_loop._tests import Constant, Kind
from unlag.rules.view import call_at
from unlag.source.facts import Call, FunctionFacts

Given: TypeAlias = tuple[tuple[str, str], ...]
"""Parameters and their constants, as facts write constants: `None`, `True`, `#3`, `'text`; of a type `:dict`."""

NOTHING: Given = ()
_LONGEST_TEXT = 60
"""Of a text as long as that, facts have only the beginning."""
_CONDITION = re.compile(r"\b(?:if|elif|while|and|or|not)\b")
_NAME = re.compile(r"\b[^\W\d]\w*")
_ASKED_TYPE = re.compile(r"\bisinstance\(\s*([^\W\d]\w*)\s*,")


def given_by(index: Index, caller_id: str, edge: Edge, given: Given) -> Given:
    """The constants that a step gives its target, where the caller itself was given `given`."""
    if edge.how != CALLED or edge.through not in ("", "constructor"):
        return NOTHING
    deciding = index.recall(_deciding, edge.target)
    if not deciding:
        return NOTHING
    caller, target = index.function(caller_id), index.function(edge.target)
    call = call_at(caller.facts, edge) if caller is not None else None
    if caller is None or target is None or call is None:
        return NOTHING
    found = {}
    for parameter, value in passed(target.facts, call):
        if parameter.name in deciding:
            constant = value if is_constant(value) else _handed(caller.facts, given, value)
            if constant is None and parameter.name in index.recall(_asked_types, edge.target):
                constant = _kind_of(index, caller_id, value, call)
            if constant is not None:
                found[parameter.name] = constant
    return tuple(sorted(found.items()))


def _handed(caller: FunctionFacts, given: Given, name: str) -> str | None:
    """The constant that a caller was itself given under `name`, and has left alone."""
    for own, constant in given:
        if own == name:
            return None if _is_bound(caller, name) else constant
    return None


def _kind_of(index: Index, caller_id: str, value: str, call: Call) -> str | None:
    """The plain type of what a caller hands over, after a colon."""
    file, _, qualname = caller_id.rpartition(":")
    kind = _plain(index.resolver.resolve(Place(file, qualname), value, call.line))
    return kind and f":{kind}"


def _plain(value: Value) -> str | None:
    if isinstance(value, Collection):
        return "dict" if value.is_mapping else None
    if isinstance(value, ExternalInstance) and value.name in ("str", "bytes"):
        return value.name
    return None


def is_constant(value: str) -> bool:
    """Whether a value as facts write it is a constant, all of it."""
    if value[0] == "'":
        return len(value) <= _LONGEST_TEXT
    return value in ("None", "True", "False") or (value[0] == "#" and value != "#big")


def constant_of(value: str) -> Constant:
    """The constant that facts write as `value`."""
    if value[0] == "'":
        return value[1:]
    if value[0] == ":":
        return Kind(value[1:])
    if value[0] != "#":
        return {"True": True, "False": False}.get(value)
    try:
        return int(value[1:])
    except ValueError:
        return float(value[1:])


def _is_bound(item: FunctionFacts, name: str) -> bool:
    return any(binding.name == name for binding in item.bindings)


def _deciding(index: Index, function_id: str) -> frozenset[str]:
    """The parameters that a function asks in a condition, or hands on."""
    entry = index.function(function_id)
    if entry is None:
        return frozenset()
    item = entry.facts
    own = item.parameters[1:] if takes_itself(item) else item.parameters
    names = {parameter.name for parameter in own}
    found = names & {value for call in item.calls for value in values_passed(call)}
    if found != names:
        for line in index.lines_in(entry)[1:]:
            if _CONDITION.search(line):
                found |= names.intersection(_NAME.findall(line))
    return frozenset(found)


def _asked_types(index: Index, function_id: str) -> frozenset[str]:
    """The names that a function asks for their type."""
    entry = index.function(function_id)
    lines = index.lines_in(entry) if entry is not None else ()
    asking = (line for line in lines if "isinstance(" in line)
    return frozenset(name for line in asking for name in _ASKED_TYPE.findall(line))
