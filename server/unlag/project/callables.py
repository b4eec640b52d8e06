"""What happens to functions that are handed around: called at once, run in a thread, run later.

Looks only at what a function does with its parameters by name; a callable put into a container is lost.
"""

from __future__ import annotations

from collections.abc import Iterable

from unlag.knowledge import Entry
from unlag.project import keys
from unlag.project.passed import is_passed_as, parameter_for
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, External, Function, Instance, Value, each
from unlag.source import facts
from unlag.source.facts import Call, FunctionFacts, passed_value
from unlag.source.paths import arguments

CALLED = 1
THREAD = 2
PROCESS = 4
LATER = 8
"""Scheduled on the same loop."""
TO_LOOP = 16
"""Sent from a thread to the running loop."""
NEW_LOOP = 32

_NEVER_CALLED = frozenset({"str", "int", "float", "bool", "bytes", "dict", "list", "set", "tuple"})
"""Annotations of parameters that take no callable: where those go need not be followed."""
_NO_USES: dict[str, int] = {}
"""One object for the many functions that use no callable."""
_IN_PLACE = frozenset({"property", "staticmethod", "classmethod"})
"""Decorators of Python itself that leave a function where it is called."""
_OFFLOADS = {"thread": THREAD, "process": PROCESS, "loop": TO_LOOP}
_USING = {"offload": 0, "schedule": LATER, "calls": CALLED, "new-loop": NEW_LOOP}
"""Kind of knowledge entry -> what it does with a callable; where an offload runs it says itself."""


def takers(item: FunctionFacts) -> set[str]:
    """The parameters of a function that can be given a callable, by their annotations."""
    return {
        parameter.name for parameter in item.parameters if parameter.annotation not in _NEVER_CALLED
    }


def use_of(entry: Entry) -> int:
    """What an outside function does with a callable it is given (bits); 0 where it runs none."""
    if entry.kind == "offload":
        return _OFFLOADS.get(entry.to, 0)
    return _USING.get(entry.kind, 0)


class Callables:
    """Answers how functions use the callables they are given. Remembers its answers."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._uses: dict[str, tuple[dict[str, int], tuple[str, ...], int]] = {}
        self._wrappers: dict[str, tuple[tuple[tuple[str, ...], int], tuple[str, ...], int]] = {}
        """Function -> answer, what was looked up for it, and when it last held."""
        self._open: set[str] = set()

    def uses(self, function_id: str) -> dict[str, int]:
        """Parameter -> what the function does with a callable passed there (bits)."""
        resolver = self._resolver
        known = self._uses.get(function_id)
        if known is not None and not resolver.tracks:
            return known[0]
        resolver.seen.add(f"{function_id}{{}}")
        if known is None or resolver.changes.since(known[2], known[1]):
            if function_id in self._open:
                return {}
            self._open.add(function_id)
            outer = resolver.set_apart()
            resolver.seen.add(f"{function_id}{{}}")
            resolver.seen.add(function_id)
            found = self._find_uses(function_id) or _NO_USES
            mine = self._kept(resolver.go_on(outer))
            self._open.discard(function_id)
            known = self._uses[function_id] = (found, mine, resolver.changes.revision)
        resolver.seen.update(known[1])
        return known[0]

    def wrappers(self, entry: FunctionEntry) -> tuple[tuple[str, ...], int]:
        """Functions that the decorators of `entry` put around it, and how they run it (bits, 0: unknown)."""
        if not entry.facts.decorators:
            return (), 0
        resolver = self._resolver
        known = self._wrappers.get(entry.id)
        if known is not None and not resolver.tracks:
            return known[0]
        if known is None or resolver.changes.since(known[2], known[1]):
            if entry.id in self._open:
                return (), 0
            self._open.add(entry.id)
            outer = resolver.set_apart()
            resolver.seen.add(entry.id)
            found = self._find_wrappers(entry)
            mine = self._kept(resolver.go_on(outer))
            self._open.discard(entry.id)
            known = self._wrappers[entry.id] = (found, mine, resolver.changes.revision)
        resolver.seen.update(known[1])
        return known[0]

    def _kept(self, seen: set[str]) -> tuple[str, ...]:
        """What was looked up, where an edit will ask for it."""
        return tuple(seen) if self._resolver.tracks else ()

    def _find_uses(self, function_id: str) -> dict[str, int]:
        entry = self._resolver.function(function_id)
        if entry is None:
            return {}
        names = takers(entry.facts)
        uses: dict[str, int] = {}
        if not names:
            return uses
        self._uses_in(entry, names, uses)
        nested = self._resolver.tables[entry.path].nested_in(entry.id.rpartition(":")[2])
        for inner in nested:
            if self._is_taken_over(inner):
                continue
            hidden = {parameter.name for parameter in inner.facts.parameters}
            in_inner: dict[str, int] = {}
            self._uses_in(inner, names - hidden, in_inner)
            if any(use & CALLED for use in in_inner.values()):
                self._where_nested_runs([entry, *nested], inner, in_inner)
            for name, use in in_inner.items():
                uses[name] = uses.get(name, 0) | use
        return uses

    def _is_taken_over(self, inner: FunctionEntry) -> bool:
        """Whether a decorator of a library nobody knows anything about decides where a nested function runs."""
        place = Place(inner.path, inner.facts.parent or "<module>")
        for decorator in inner.facts.decorators:
            value = self._resolver.resolve(place, decorator.target)
            if not isinstance(value, External) or value.name in _IN_PLACE:
                continue
            if not self._resolver.knowledge.is_library(value.name.partition(".")[0]):
                return True
        return False

    def _where_nested_runs(
        self, around: Iterable[FunctionEntry], inner: FunctionEntry, uses: dict[str, int]
    ) -> None:
        """What a nested function calls runs where the functions around it hand it to."""
        handed = 0
        for entry in around:
            place = Place(entry.path, entry.id.rpartition(":")[2])
            for call in entry.facts.calls:
                for argument in call.arguments:
                    if _callable_name(argument) == inner.facts.name:
                        handed |= self._passed(place, call, argument)
        if handed and not handed & CALLED:
            for name, use in uses.items():
                uses[name] = use & ~CALLED | handed if use & CALLED else use

    def _uses_in(self, entry: FunctionEntry, names: set[str], uses: dict[str, int]) -> None:
        item = entry.facts
        aliases = _aliases(item, names)
        place = Place(entry.path, entry.id.rpartition(":")[2])
        for call in item.calls:
            taken = aliases.get(call.target)
            if taken:
                uses[taken] = uses.get(taken, 0) | CALLED
            for argument in call.arguments:
                taken = aliases.get(argument)
                if not taken and not argument.isidentifier():
                    taken = aliases.get(_callable_name(argument))
                if taken:
                    uses[taken] = uses.get(taken, 0) | self._passed(place, call, argument)

    def _passed(self, place: Place, call: Call, argument: str) -> int:
        """What the callee of `call` does with the callable it is given as `argument`."""
        found = 0
        for value in each(self._resolver.resolve(place, call.target, call.line)):
            if isinstance(value, External):
                found |= self.outside_use(value.name, call, argument)
            elif isinstance(value, Function | Class):
                found |= self.inside_use(value, call, argument)
        return found

    def outside_use(self, name: str, call: Call, argument: str) -> int:
        """What the outside function `name` does with a callable it is given as `argument`."""
        knowledge = self._resolver.knowledge
        if name in ("functools.partial", "functools.wraps"):
            return 0
        for entry in knowledge.entries(name):
            if entry.kind in _USING and is_passed_as(call, argument, entry.callables):
                return use_of(entry)
        return 0

    def inside_use(self, value: Value, call: Call, argument: str) -> int:
        """What a function of the project does with a callable it is given as `argument`."""
        if not isinstance(value, Function):
            return 0
        uses = self.uses(value.id)
        if not uses:
            return 0
        self._resolver.seen.add(value.id + keys.PARAMETERS)
        entry = self._resolver.function(value.id)
        name = parameter_for(entry.facts, call, argument) if entry is not None else ""
        return uses.get(name, 0)

    def _find_wrappers(self, entry: FunctionEntry) -> tuple[tuple[str, ...], int]:
        found: list[str] = []
        use = 0
        resolver = self._resolver
        place = Place(entry.path, entry.facts.parent or "<module>")
        for decorator in entry.facts.decorators:
            value = resolver.resolve(place, decorator.target)
            if not decorator.flags & facts.BARE and isinstance(value, Function | Class):
                value = resolver.call(value, None)
            if isinstance(value, Class | Instance):
                call_method = resolver.method(value.id, "__call__")
                if call_method is None:
                    continue
                if isinstance(value, Class):
                    found.append(call_method.id)
                    continue
                value = Function(call_method.id)
            if not isinstance(value, Function):
                continue
            use |= self._decorated_use(value)
            wrapper = resolver.result(value)
            if isinstance(wrapper, Function) and wrapper.id != entry.id:
                found.append(wrapper.id)
        return tuple(found), use

    def _decorated_use(self, decorator: Function) -> int:
        entry = self._resolver.function(decorator.id)
        self._resolver.seen.add(decorator.id + keys.PARAMETERS)
        if entry is None or not entry.facts.parameters:
            return 0
        parameters = entry.facts.parameters
        index = 1 if entry.facts.owner and len(parameters) > 1 else 0
        return self.uses(decorator.id).get(parameters[index].name, 0)


def _callable_name(argument: str) -> str:
    """The bare path of an argument that may be a callable: `f`, `name=f`, `partial(f)`, `*args`."""
    if argument.isidentifier():
        return argument
    if argument[:1] in "'#":
        return ""  # a literal
    value = passed_value(argument).lstrip("*")
    if value[-1:] == ")" and value.rpartition("(")[0].endswith("partial"):
        inside = arguments(value)
        return inside[0] if inside else ""
    return value


def _aliases(item: FunctionFacts, names: set[str]) -> dict[str, str]:
    """Local names that stand for a parameter, or for `partial(parameter, ...)`."""
    aliases = {name: name for name in names}
    for binding in item.bindings:
        path = binding.path
        name = aliases.get(path if path.isidentifier() else _callable_name(path))
        if name and binding.name not in aliases:
            aliases[binding.name] = name
    return aliases
