"""Functions that objects are given when they are made, and keep: `Tool("read", read)`, then `tool.handler(...)`.

Which object is at hand is not known: all that the project passes for one attribute are alternatives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unlag.project import keys
from unlag.project.passed import has_plain_signature, passed
from unlag.project.place import Place
from unlag.project.table import ClassEntry, FunctionEntry
from unlag.project.values import Class, External, Function, Value, alternatives, each
from unlag.source.facts import Call
from unlag.source.paths import UNKNOWN

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

_MOST_CALLERS = 60
_MOST = 40
"""Functions of one attribute: more say little of any call."""
_BY_POSITION = frozenset({"dataclass", "define", "frozen", "mutable"})
"""Decorators of classes whose constructors take their fields in order."""


def holds_function(annotation: str) -> bool:
    """Whether an annotation says that something is called: `Callable[[str], int] | None`."""
    return "Callable" in annotation


class KeptFunctions:
    """Answers which functions attributes of objects are given. Remembers its answers."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known = resolver.memory()

    def kept(self, entry: ClassEntry, name: str) -> Value:
        """What the project's calls of a class pass for an attribute that holds a function; None where none is known."""
        declared = entry.attributes.get(name, ())
        is_declared = any(path.startswith(":(") and holds_function(path) for path in declared)
        if not is_declared and "__init__" not in entry.methods:
            return None
        key = f"{entry.id}.{name}<kept>"
        value: Value = self._resolver.recall(self._known, key, lambda: self._find(entry, name))
        return value

    def _find(self, entry: ClassEntry, name: str) -> Value:
        resolver = self._resolver
        called = entry.facts.qualname.rpartition(".")[2]
        resolver.seen.update((entry.id, f"{entry.id}<attributes>", f"{entry.id}<bases>"))
        resolver.seen.update((f"{entry.id}.{name}", f"{entry.id}.__init__"))
        constructor = self._constructor(entry)
        taking = "" if constructor is None else _taking(constructor, entry, name)
        if constructor is not None and not taking:
            return None
        resolver.seen.add(keys.called(called))
        found: dict[Value, None] = {}
        for caller, call in resolver.call_sites.of(called, _MOST_CALLERS) or ():
            here = Place(caller.path, caller.id.rpartition(":")[2])
            if not self._is_of(entry, here, call):
                continue
            for path in _given(entry, name, constructor, taking, call):
                value = resolver.resolve(here, path, call.line)
                found.update(
                    dict.fromkeys(v for v in each(value) if isinstance(v, Function | External))
                )
        return alternatives(list(found)) if len(found) <= _MOST else None

    def _constructor(self, entry: ClassEntry) -> FunctionEntry | None:
        qualname = entry.methods.get("__init__")
        if qualname is None:
            return None
        function_id = f"{entry.path}:{qualname}"
        self._resolver.seen.update((function_id, function_id + keys.PARAMETERS))
        return self._resolver.function(function_id)

    def _is_of(self, entry: ClassEntry, here: Place, call: Call) -> bool:
        value = self._resolver.resolve(here, call.target, call.line)
        return any(isinstance(item, Class) and item.id == entry.id for item in each(value))


def _taking(constructor: FunctionEntry, entry: ClassEntry, name: str) -> str:
    """The parameter of a constructor that an attribute is given, where it can be a function."""
    item = constructor.facts
    if not has_plain_signature(item):
        return ""
    for assigned in entry.self_attributes.get(name, ()):
        for parameter in item.parameters:
            is_given = assigned.method == item.qualname and assigned.path == parameter.name
            if is_given and (not parameter.annotation or holds_function(parameter.annotation)):
                return parameter.name
    return ""


def _given(
    entry: ClassEntry, name: str, constructor: FunctionEntry | None, taking: str, call: Call
) -> Iterator[str]:
    """What a call of the class passes for an attribute."""
    if constructor is not None:
        found = [
            path for parameter, path in passed(constructor.facts, call) if parameter.name == taking
        ]
    else:
        by_name = call.keyword(name)
        found = [by_name] if by_name is not None else []
        if not found and _takes_positions(entry):
            fields = [
                field for field, paths in entry.attributes.items() if paths[0].startswith(":(")
            ]
            place = fields.index(name)
            found = list(call.positional()[place : place + 1])
    for path in found:
        if path != UNKNOWN and path[:1] not in "'#*":
            yield path


def _takes_positions(entry: ClassEntry) -> bool:
    decorators = {call.target.rpartition(".")[2] for call in entry.facts.decorators}
    bases = {base.rpartition(".")[2] for base in entry.facts.bases}
    return "NamedTuple" in bases or (not bases and not decorators.isdisjoint(_BY_POSITION))
