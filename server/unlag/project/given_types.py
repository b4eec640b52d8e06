"""Types of parameters without annotation: what all calls in the project agree to pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unlag.project import builtin_values, keys
from unlag.project.call_sites import is_constructor, name_called_by
from unlag.project.passed import has_plain_signature, passed
from unlag.project.place import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, External, ExternalInstance, Function, Instance, Value, each
from unlag.source import facts
from unlag.source.facts import Call, Parameter
from unlag.source.paths import UNKNOWN

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

_MOST_CALLERS = 60
_STAND_INS = "unittest.mock."


class GivenTypes:
    """Answers what parameters are given. Remembers its answers."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known = resolver.memory()

    def given(self, function: FunctionEntry, parameter: Parameter) -> Value:
        """What every call whose argument is known passes for a parameter, where it is of one type."""
        item = function.facts
        is_odd = item.flags & (facts.LAMBDA | facts.ABSTRACT | facts.OVERLOAD)
        is_special = item.name.startswith("__") and not is_constructor(item)
        if is_odd or is_special or parameter.star in ("*", "**"):
            return None
        if parameter.default not in ("", "None"):
            return None
        key = f"{function.id}<given {parameter.name}>"
        value: Value = self._resolver.recall(
            self._known, key, lambda: self._find(function, parameter)
        )
        return value

    def _find(self, function: FunctionEntry, parameter: Parameter) -> Value:
        item = function.facts
        self._resolver.seen.update(
            (function.id, function.id + keys.PARAMETERS, keys.called(name_called_by(item)))
        )
        if not has_plain_signature(item) or self._is_inherited(function):
            return None
        found: Value = None
        for caller, call in self._sites(function):
            value = self._argument(caller, call, function, parameter)
            if value is None:
                continue
            if not isinstance(value, Instance | ExternalInstance) or found not in (None, value):
                return None
            found = value
        return found

    def _is_inherited(self, function: FunctionEntry) -> bool:
        """Whether objects of other classes may be given other things by the same constructor."""
        if not is_constructor(function.facts):
            return False
        owner = function.id.rpartition(".")[0]
        self._resolver.seen.add(owner + keys.SUBCLASSES)
        return owner in self._resolver.subclasses

    def _sites(self, function: FunctionEntry) -> Iterator[tuple[FunctionEntry, Call]]:
        """The calls in the project that are seen to lead to a function."""
        sites = self._resolver.call_sites.of(name_called_by(function.facts), _MOST_CALLERS)
        wanted = function.id
        kind: type[Function | Class] = Function
        if is_constructor(function.facts):
            wanted, kind = function.id.rpartition(".")[0], Class
        for caller, call in sites or ():
            here = Place(caller.path, caller.id.rpartition(":")[2])
            value = self._resolver.resolve(here, call.target, call.line)
            if any(isinstance(item, kind) and item.id == wanted for item in each(value)):
                yield caller, call

    def _argument(
        self, caller: FunctionEntry, call: Call, function: FunctionEntry, parameter: Parameter
    ) -> Value:
        """What a call passes; None where that is unknown, nothing, or a stand-in."""
        for taking, path in passed(function.facts, call):
            if taking.name != parameter.name or path in ("None", UNKNOWN):
                continue
            if path[:1] in "'#":
                return Function("")  # a literal is no object of a class that matters
            here = Place(caller.path, caller.id.rpartition(":")[2])
            value = self._resolver.resolve(here, path, call.line)
            if isinstance(value, ExternalInstance) and value.name.startswith(_STAND_INS):
                return None
            if isinstance(value, External) and value.name.endswith(".state"):
                return ExternalInstance(builtin_values.STATE)  # of whatever application it is
            return value
        return None
