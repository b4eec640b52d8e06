"""What stands in a framework's calls: the keys of routers, the functions, the dependencies.

Reads the calls of one function; decides nothing about them.
"""

from __future__ import annotations

from unlag.project import keys, targets
from unlag.project.interface import APPLICATION_NAMES
from unlag.project.origins import origin, origins
from unlag.project.registration import Answer
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.texts import route, texts
from unlag.project.values import Value
from unlag.source.facts import Call, is_inside
from unlag.source.paths import UNKNOWN, pack
from unlag.source.scopes import MODULE

_HOLDERS = frozenset({"Mount", "Router", "APIRouter", "Starlette", "FastAPI"})


class Given:
    """Reads the arguments of calls in one function."""

    def __init__(self, resolver: Resolver, place: Place, entry: FunctionEntry) -> None:
        self.resolver = resolver
        self.place = place
        self.entry = entry

    # -- keys of routers

    def key_of(self, call: Call) -> str:
        """The key of the name that a router is assigned to, or of the place where it is made."""
        facts = self.entry.facts
        made = f"{pack(call.target)}()"
        for binding in facts.self_bindings:
            if binding.line == call.line and made in pack(binding.path):
                return f"{self.place.path}:{facts.owner}.{binding.name}"
        for binding in facts.bindings:
            if binding.line == call.line and made in pack(binding.path):
                attribute = self._of_class(binding.name, binding.line)
                return attribute or origin(self.resolver, self.place, binding.name)
        return f"{self.entry.id}@{call.line}:{call.column}"

    def _of_class(self, name: str, line: int) -> str:
        """The key of a class attribute that is set in a line of the module's own code."""
        if self.place.function != MODULE:
            return ""
        for owner in self.resolver.tables[self.place.path].classes.values():
            member = owner.members.get(name)
            if member is not None and any(
                binding.name == name and binding.line + member.offset == line
                for binding in member.bindings
            ):
                self.resolver.seen.update((owner.id, f"{owner.id}<attributes>"))
                return f"{owner.id}.{name}"
        return ""

    def holder(self, call: Call) -> str:
        """The key of the router, mount or list in which a route or mount is written."""
        around = [
            outer
            for outer in self.entry.facts.calls
            if is_inside(call, outer) and outer.target.rpartition(".")[2] in _HOLDERS
        ]
        if around:
            return self.key_of(around[-1])
        lists = [
            binding.name
            for binding in self.entry.facts.bindings
            if binding.line <= call.line and f"{pack(call.target)}()" in binding.path
        ]
        return origin(self.resolver, self.place, lists[-1]) if lists else ""

    def listed(self, call: Call) -> list[str]:
        """Keys of lists of routes given by name."""
        return self.origins(call.keyword("routes"), call.line)

    def origins(self, path: str | None, line: int) -> list[str]:
        """Keys of the routers that an argument stands for."""
        if path is None or path[:1] in "'#*":
            return []
        return origins(self.resolver, self.place, path, line)

    # -- values

    def is_router(self, place: Place, receiver: str, line: int) -> bool:
        """Whether `receiver` is an application or a router, also one that is only handed in."""
        value = self.resolver.resolve(place, receiver, line)
        if value is not None:
            return targets.is_router(self.resolver, value)
        return receiver in APPLICATION_NAMES and self._is_handed(place, receiver)

    def _is_handed(self, place: Place, name: str) -> bool:
        """Whether `name` is a parameter without annotation, in a project that uses FastAPI."""
        table = self.resolver.tables[place.path]
        function = table.functions.get(place.function)
        while function is not None:
            self.resolver.seen.add(keys.local(function.id, name))
            for parameter in function.facts.parameters:
                if parameter.name == name and parameter.is_untyped:
                    return "fastapi" in self.resolver.knowledge.mentioned
            parent = function.facts.parent
            function = table.functions.get(parent) if parent else None
        return False

    def value(self, path: str | None, line: int) -> Value:
        """What an argument is, or None."""
        if path is None or path[:1] in "'#*" or path == UNKNOWN:
            return None
        return self.resolver.resolve(self.place, path, line)

    def text(self, path: str | None, line: int, place: Place | None = None) -> str:
        """The text of an argument, also by name; empty where it is not known."""
        found = self.texts(path, line, place)
        return found[0] if len(found) == 1 else ""

    def route(self, call: Call, place: Place | None = None) -> str:
        """The path that a call adds a route for, as far as it is known."""
        path = call.argument(0, "path")
        known = self.text(path, call.line, place)
        if known or path is None:
            return known
        return route(self.resolver, place or self.place, path, call.line)

    def prefixes(self, path: str | None, line: int) -> list[str]:
        """The texts of a prefix; UNKNOWN in the place of one that is not written down."""
        if path is None:
            return [""]
        return [text or UNKNOWN for text in self.texts(path, line)] or [UNKNOWN]

    def texts(self, path: str | None, line: int, place: Place | None = None) -> list[str]:
        """The texts of an argument: several where it is the variable of a loop."""
        if path is None or path[:1] in "#*" or path == UNKNOWN:
            return []
        if path[0] == "'" and len(path) > 1:
            return [path[1:]]
        return texts(self.resolver, place or self.place, path, line)

    def functions(self, path: str | None, line: int) -> tuple[str, ...]:
        """Ids of the functions that a value given to a framework stands for."""
        value = self.value(path, line)
        return tuple(dict.fromkeys(targets.called(self.resolver, value)))

    def dependencies(self, place: Place, call: Call) -> tuple[str, ...]:
        """What FastAPI calls for `dependencies=[...]` of a call at `place`."""
        given = call.keyword("dependencies")
        if given is None or given == UNKNOWN:
            return ()
        value = self.resolver.resolve(place, given, call.line)
        return tuple(targets.dependencies(self.resolver, value))

    def answer(self, call: Call) -> Answer | None:
        """What a router, or its inclusion, says of the answers of its routes, if anything."""
        given = call.keyword("default_response_class")
        if given is None:
            return None
        return Answer(f"{self.place.path}:{self.place.function}", response_class=given)


def text_of(value: str | None) -> str:
    """The text of a literal argument, or an empty string."""
    return value[1:] if value is not None and value.startswith("'") else ""
