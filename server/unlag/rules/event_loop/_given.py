"""The constants that a call gives a function: those it writes down, and those it leaves to the defaults.

Only of parameters that the function asks in a condition or hands on: no others decide anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from unlag.project.callables import CALLED
from unlag.project.index import Index
from unlag.project.links import Edge
from unlag.project.table import FunctionEntry
from unlag.rules.event_loop._tests import Constant
from unlag.source.facts import Call, FunctionFacts, Parameter, is_keyword, passed_value
from unlag.source.paths import UNKNOWN

Given: TypeAlias = tuple[tuple[str, str], ...]
"""Parameters and their constants, as facts write constants: `None`, `True`, `#3`, `'text`."""

NOTHING: Given = ()
_LONGEST_TEXT = 60
"""Of a text as long as that, facts have only the beginning."""
_CONDITION = re.compile(r"\b(?:if|elif|while|and|or|not)\b")
_NAME = re.compile(r"\b[^\W\d]\w*")
_SIGNATURE_KEPT = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "contextmanager", "lru_cache",
     "cache", "override", "abstractmethod"}
)  # fmt: skip
"""Decorators under which a function gets what its callers write."""


def given_by(index: Index, caller_id: str, edge: Edge, given: Given) -> Given:
    """The constants that a step gives its target, where the caller itself was given `given`."""
    if edge.how != CALLED or edge.through not in ("", "constructor"):
        return NOTHING
    deciding = index.recall(_deciding, edge.target)
    if not deciding:
        return NOTHING
    caller, target = index.function(caller_id), index.function(edge.target)
    call = _call_at(caller.facts, edge) if caller is not None else None
    if caller is None or target is None or call is None:
        return NOTHING
    handed = {name: value for name, value in given if not _is_bound(caller.facts, name)}
    found = {}
    for name, value in _passed(target, call):
        constant = value if is_constant(value) else handed.get(value)
        if name in deciding and constant is not None:
            found[name] = constant
    return tuple(sorted(found.items()))


def is_constant(value: str) -> bool:
    """Whether a value as facts write it is a constant, all of it."""
    if value[0] == "'":
        return len(value) <= _LONGEST_TEXT
    return value in ("None", "True", "False") or (value[0] == "#" and value != "#big")


def constant_of(value: str) -> Constant:
    """The constant that facts write as `value`."""
    if value[0] == "'":
        return value[1:]
    if value[0] != "#":
        return {"True": True, "False": False}.get(value)
    try:
        return int(value[1:])
    except ValueError:
        return float(value[1:])


def _call_at(item: FunctionFacts, edge: Edge) -> Call | None:
    place = (edge.line, edge.column, edge.end_line, edge.end_column)
    for call in item.calls:
        if (call.line, call.column, call.end_line, call.end_column) == place:
            return call
    return None


def _is_bound(item: FunctionFacts, name: str) -> bool:
    return any(binding.name == name for binding in item.bindings)


def _deciding(index: Index, function_id: str) -> frozenset[str]:
    """The parameters that a function asks in a condition, or hands on."""
    entry = index.function(function_id)
    if entry is None or not entry.facts.parameters:
        return frozenset()
    names = {parameter.name for parameter in entry.facts.parameters}
    handed = {passed_value(value) for call in entry.facts.calls for value in call.arguments}
    asked = {
        name
        for line in index.lines_in(entry)[1:]
        if _CONDITION.search(line)
        for name in _NAME.findall(line)
    }
    return frozenset(names & (handed | asked))


def _passed(target: FunctionEntry, call: Call) -> Iterator[tuple[str, str]]:
    """What each parameter of `target` is given, as facts write it; nothing for those nobody can tell."""
    parameters = list(target.facts.parameters)
    if _takes_itself(target, parameters):
        if _is_of_class(target, call):
            return
        del parameters[0]
    by_position = [_certain(value) for value in call.positional()]
    keywords = [item.partition("=") for item in call.arguments if is_keyword(item)]
    by_name = {name: _certain(value) for name, _, value in keywords}
    is_spread = any(argument.startswith("*") for argument in call.arguments)
    may_default = not is_spread and _has_plain_signature(target)
    for number, parameter in enumerate(parameters):
        if parameter.star == "*":
            by_position = []
        elif parameter.name in by_name:
            yield parameter.name, by_name[parameter.name]
        elif not parameter.star and number < len(by_position):
            yield parameter.name, by_position[number]
        elif parameter.default and parameter.star != "**" and may_default:
            yield parameter.name, parameter.default


def _certain(value: str) -> str:
    """An argument as facts write it; unknown where it can be an f-string, which is an empty text there."""
    return UNKNOWN if value == "'" else value


def _takes_itself(target: FunctionEntry, parameters: list[Parameter]) -> bool:
    """Whether the first parameter is the object that a method is called on."""
    decorators = {call.target for call in target.facts.decorators}
    return bool(target.facts.owner and parameters) and "staticmethod" not in decorators


def _is_of_class(target: FunctionEntry, call: Call) -> bool:
    """Whether a method is called on its class, as in `Base.load(self, path)`: the arguments stand shifted."""
    if any(item.target == "classmethod" for item in target.facts.decorators):
        return False
    owner, _, name = call.target.rpartition(".")
    is_class = owner.rpartition(".")[2][:1].isupper() and not owner.endswith(")")
    return is_class and name == target.facts.name


def _has_plain_signature(target: FunctionEntry) -> bool:
    """Whether no decorator can fill what a call leaves out."""
    names = {call.target.rpartition(".")[2] for call in target.facts.decorators}
    return names <= _SIGNATURE_KEPT
