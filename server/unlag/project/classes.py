"""Classes of the project: what they inherit from, and which of them defines a name."""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern
from typing import TYPE_CHECKING, TypeAlias

from unlag.project.answers import Memory
from unlag.project.builtin_values import ENUMS
from unlag.project.place import Place
from unlag.project.table import ClassEntry, FunctionEntry
from unlag.project.values import Class, External, Super, Value, each
from unlag.source.facts import GENERIC
from unlag.source.paths import arguments
from unlag.source.scopes import MODULE

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

_OWN_PARAMETERS = f"{GENERIC}["
Types: TypeAlias = tuple[tuple[str, Value], ...]
"""Type variables with what they stand for."""
_ENUMS_ABOVE = 2
"""Classes that stand between one and a base that is called an Enum."""
Member: TypeAlias = tuple[FunctionEntry | tuple[ClassEntry, str], Types]
"""The method, or the class that has the attribute; and what the type variables stand for there."""


class Classes:
    """Members and bases of classes, by class id."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._members: Memory = resolver.memory()

    def member(self, class_id: str, name: str, given: tuple[Value, ...] = ()) -> Member | None:
        """Where class `class_id` or a class it inherits from defines `name`.

        Gives the method, or the class that has the attribute; and what the type variables stand for there.
        """
        if given:
            return self._member_in(class_id, name, given, set())
        key = f"{class_id}.{name}<member>"
        if key in self._resolver.open_keys:
            return self._member_in(class_id, name, given, set())
        known = self._resolver.known(self._members, key)
        found: Member | None = (
            known[0]
            if known is not None
            else self._resolver.recall(
                self._members, key, lambda: self._member_in(class_id, name, (), set())
            )
        )
        return self._current(found) if found is not None else None

    def method(
        self, class_id: str, name: str, given: tuple[Value, ...] = ()
    ) -> FunctionEntry | None:
        """The function that `name` is on objects of a class; None for what is no method."""
        found = self.member(class_id, name, given)
        return found[0] if found is not None and isinstance(found[0], FunctionEntry) else None

    def _current(self, member: Member) -> Member | None:
        """A remembered member as it is now: its lines may have moved since."""
        entry, types = member
        if isinstance(entry, FunctionEntry):
            function = self._resolver.function(entry.id)
            return (function, types) if function is not None else None
        owner = self._resolver.class_(entry[0].id)
        return ((owner, entry[1]), types) if owner is not None else None

    def _member_in(
        self, class_id: str, name: str, given: tuple[Value, ...], visited: set[str]
    ) -> Member | None:
        if class_id in visited:
            return None
        visited.add(class_id)
        self._resolver.seen.add(intern(f"{class_id}.{name}"))
        entry = self._resolver.class_(class_id)
        if entry is None:
            return None
        types = self.type_arguments(entry, given)
        if name in entry.methods:
            method = self._resolver.tables[entry.path].functions[entry.methods[name]]
            return method, types
        if name in entry.attributes or name in entry.self_attributes:
            return (entry, name), types
        for base in self.bases(entry, types):
            if isinstance(base, Class):
                found = self._member_in(base.id, name, base.arguments, visited)
                if found is not None:
                    return found
        return None

    def bases(self, entry: ClassEntry, types: Types = ()) -> list[Value]:
        """The base classes of a class, as far as known."""
        key = intern(f"{entry.id}<bases>")
        self._resolver.seen.add(key)
        if types or not entry.facts.bases or key in self._resolver.open_keys:
            return self._find_bases(entry, types)
        found: list[Value] | None = self._resolver.recall(
            self._members, key, lambda: self._find_bases(entry, types)
        )
        return found or []

    def _find_bases(self, entry: ClassEntry, types: Types) -> list[Value]:
        place = Place(entry.path, entry.facts.parent or MODULE, "", types)
        found: list[Value] = []
        for path in entry.facts.bases:
            if path.startswith(_OWN_PARAMETERS):
                found.append(External(GENERIC))
            else:
                found.extend(each(self._resolver.resolve(place, path)))
        return found

    def type_arguments(self, entry: ClassEntry, given: tuple[Value, ...]) -> Types:
        """Type variables of a class with what is given for them, in their order."""
        if not given:
            return ()
        self._resolver.seen.add(intern(f"{entry.id}<bases>"))
        names: dict[str, None] = {}
        for path in entry.facts.bases:
            if path.endswith("]"):
                for item in arguments(path):
                    if item.isidentifier():
                        names[item] = None
        return tuple(zip(names, given, strict=False))

    def outside_bases(self, class_id: str) -> list[str]:
        """Names of the classes outside the project that a class inherits from."""
        entry = self._resolver.class_(class_id)
        if entry is None or not entry.facts.bases:
            self._resolver.seen.add(intern(f"{class_id}<bases>"))
            return []
        key = f"{class_id}<outside>"
        if key in self._resolver.open_keys:
            return self._find_outside(class_id, set())
        found: list[str] | None = self._resolver.recall(
            self._members, key, lambda: self._find_outside(class_id, set())
        )
        return found or []

    def is_enum(self, class_id: str, above: int = _ENUMS_ABOVE) -> bool:
        """Whether the attributes of a class, and what iterating over it gives, are objects of it."""
        entry = self._resolver.class_(class_id)
        if entry is None or not entry.facts.bases:
            return False
        if any("Enum" in base or "Flag" in base for base in entry.facts.bases):
            return not ENUMS.isdisjoint(self.outside_bases(class_id))
        return above > 0 and any(
            isinstance(base, Class) and self.is_enum(base.id, above - 1)
            for base in self.bases(entry)
        )

    def lineage(self, class_id: str) -> Iterator[ClassEntry]:
        """A class and those of the project that it inherits from, each once, the nearest first."""
        pending, visited = [class_id], set[str]()
        while pending:
            current = pending.pop(0)
            entry = self._resolver.class_(current)
            if entry is not None and current not in visited:
                visited.add(current)
                yield entry
                pending.extend(b.id for b in self.bases(entry) if isinstance(b, Class))

    def _find_outside(self, class_id: str, visited: set[str]) -> list[str]:
        entry = self._resolver.class_(class_id)
        if entry is None or class_id in visited:
            return []
        visited.add(class_id)
        found: list[str] = []
        for base in self.bases(entry):
            if isinstance(base, External):
                found.append(self._resolver.knowledge.canonical(base.name))
            elif isinstance(base, Class):
                found.extend(self._find_outside(base.id, visited))
        return found

    def above(self, place: Place) -> Value:
        """What `super()` is in the method that `place` is in."""
        entry = self._resolver.tables[place.path].functions.get(place.function)
        while entry is not None and not entry.facts.owner:
            entry = self._resolver.tables[place.path].functions.get(entry.facts.parent)
        return Super(f"{place.path}:{entry.facts.owner}") if entry is not None else None

    def inherited(self, class_id: str, name: str) -> Member | None:
        """Where a class that `class_id` inherits from defines `name`."""
        entry = self._resolver.class_(class_id)
        for base in self.bases(entry) if entry is not None else ():
            found = self.member(base.id, name, base.arguments) if isinstance(base, Class) else None
            if found is not None:
                return found
        return None
