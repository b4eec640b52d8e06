"""What `owner.name` means: members of modules, of objects and classes, and of what is outside the project."""

from __future__ import annotations

from collections.abc import Sequence
from sys import intern
from typing import TYPE_CHECKING

from unlag.project import builtin_values, keys
from unlag.project.answers import Memory
from unlag.project.classes import Types
from unlag.project.function_kinds import is_property
from unlag.project.overrides import below
from unlag.project.place import Place
from unlag.project.table import ClassEntry, FunctionEntry, SelfAttribute
from unlag.project.values import (
    MOST_ADDED,
    Alternatives,
    Annotated,
    Class,
    Collection,
    Coroutine,
    External,
    ExternalInstance,
    Factory,
    Function,
    Instance,
    Module,
    Super,
    Value,
    alternatives,
    each,
)
from unlag.source.paths import UNKNOWN
from unlag.source.scopes import MODULE

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver


_STEPS = frozenset({"await", "for", "with"})
_PLAIN = frozenset(
    {"abc.ABC", "object", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"}
)
"""Bases that give their subclasses no members."""
_MOST_BELOW = 3
"""Subclasses that define a member of their own; of more it is too uncertain which is meant."""


class Members:
    """Attributes of values of every kind."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._values: Memory = resolver.memory()

    def attribute(self, owner: Value, name: str) -> Value:
        """What `owner.name` is; the steps `await`, `for` and `with` are asked for by name too."""
        if name in _STEPS:
            return self._step(owner, name)
        kind = owner.__class__
        if kind is External or kind is ExternalInstance:
            return self._outside_attribute(owner, name)  # type: ignore[arg-type] # the class was just compared
        if kind is Module:
            return self._module_attribute(owner.stem, name)  # type: ignore[union-attr] # as above
        if kind is Instance or kind is Class:
            return self.member_of(owner, name)  # type: ignore[arg-type] # as above
        if kind is Super:
            return self._super_member(owner.id, name)  # type: ignore[union-attr] # as above
        if kind is Alternatives:
            return alternatives([self.attribute(value, name) for value in owner.values])  # type: ignore[union-attr] # as above
        if kind is Collection:
            return builtin_values.collection_member(owner, name)  # type: ignore[arg-type] # as above
        if kind is Annotated:
            return self.attribute(owner.type, name)  # type: ignore[union-attr] # as above
        if kind is Function:
            return self._of_decorated(owner.id, name)  # type: ignore[union-attr] # as above
        if kind is Coroutine and name == "add_done_callback":
            return External("asyncio.Task.add_done_callback")  # only a task of it has that
        return None

    def _of_decorated(self, function_id: str, name: str) -> Value:
        """A member of what a library's decorator made of a function: `delay` of a Celery task."""
        self._resolver.seen.add(function_id)
        entry = self._resolver.function(function_id)
        if entry is None or not entry.facts.decorators:
            return None
        made = self._made_of(entry)
        return None if made is None else self.attribute(made, name)

    def runs_instead(self, entry: FunctionEntry) -> str:
        """What a call of a decorated function runs in its place, if a library says so: `TaskWrapper.__call__`."""
        knowledge = self._resolver.knowledge
        if not knowledge.takes_over or not entry.facts.decorators:
            return ""
        made = self._made_of(entry)
        name = f"{made.name}.__call__" if isinstance(made, ExternalInstance) else ""
        return name if name and knowledge.entries(name) else ""

    def _made_of(self, entry: FunctionEntry) -> Value:
        key = f"{entry.id}<decorated>"
        made: Value = self._resolver.recall(self._values, key, lambda: self._decorated(entry))
        return made

    def _decorated(self, entry: FunctionEntry) -> Value:
        self._resolver.seen.add(entry.id)
        place = Place(entry.path, entry.facts.parent or MODULE)
        for decorator in entry.facts.decorators:
            value = self._resolver.resolve(place, decorator.target)
            described = (
                self._resolver.knowledge.decorated(value.name)
                if isinstance(value, External)
                else None
            )
            if described is not None:
                return self._resolver.described(described)
        return None

    def _step(self, owner: Value, name: str) -> Value:
        if name == "await":
            return self._resolver.awaited(owner)
        return self._resolver.item(owner) if name == "for" else self._resolver.entered(owner)

    def _module_attribute(self, stem: str, name: str) -> Value:
        path = self._resolver.modules.paths.get(stem)
        if path is not None:
            value = self._resolver.symbol(path, name)
            if value is not None:
                return value
        inner = f"{stem}/{name}"
        if path is None:
            self._resolver.seen.update((keys.module(stem), keys.module(inner)))
        return Module(inner) if self._resolver.modules.is_module(inner) else None

    def _outside_attribute(self, owner: External | ExternalInstance, name: str) -> Value:
        full = owner.name
        if owner.__class__ is External:
            given = self._resolver.knowledge.result(full)
            if given is not None:
                return self.attribute(self._resolver.described(given), name)
        if full.endswith(".state") or full == builtin_values.STATE:
            key = f"state:{name}"
            self._resolver.seen.add(key)
            if name in self._resolver.state:
                value: Value = self._resolver.recall(
                    self._values, key, lambda: self._find_state(name)
                )
                return value
        return External(f"{self._resolver.knowledge.canonical(full)}.{name}")

    def _find_state(self, name: str) -> Value:
        """What is assigned to an attribute of an application's state, anywhere."""
        assigned = self._resolver.state[name]
        return alternatives(
            [self._resolver.resolve(place, path, line) for place, line, path in assigned]
        )

    def member_of(self, owner: Instance | Class, name: str) -> Value:
        """What `owner.name` is, for a class of the project or an object of it."""
        if name == "__class__":
            return Class(owner.id, owner.arguments)
        found = self._resolver.member(owner.id, name, owner.arguments)
        if found is None:
            return self._outside_member(owner, name)
        entry, types = found
        if isinstance(entry, FunctionEntry):
            return self._method(owner, entry, types)
        if isinstance(owner, Class) and self._resolver.is_enum(owner.id):
            return Instance(owner.id)
        value = self._attribute_value(*entry, types)
        if isinstance(owner, Instance) and (value is None or value.__class__ is Factory):
            return self._resolver.kept(*entry) or value
        return value

    def _method(self, owner: Instance | Class, entry: FunctionEntry, types: Types) -> Value:
        receiver: Value = Instance(owner.id, owner.arguments)
        if types:
            receiver = Instance(f"{entry.path}:{entry.facts.owner}", tuple(v for _, v in types))
        method = Function(entry.id, receiver)
        if isinstance(owner, Instance) and is_property(entry.facts):
            return self._resolver.result(method)
        return method

    def _attribute_value(
        self,
        class_entry: ClassEntry,
        name: str,
        types: Types,
    ) -> Value:
        self._resolver.seen.add(intern(f"{class_entry.id}.{name}"))
        key = f"{class_entry.id}.{name}|{types!r}" if types else f"{class_entry.id}.{name}"
        known = self._resolver.known(self._values, key)
        if known is not None:
            return known[0]  # type: ignore[no-any-return] # what this memory holds
        value: Value = self._resolver.recall(
            self._values, key, lambda: self._find_attribute(class_entry, name, types)
        )
        return value

    def _find_attribute(self, entry: ClassEntry, name: str, types: Types) -> Value:
        found: list[Value] = []
        self._resolver.seen.add(intern(f"{entry.id}.{name}"))
        place = Place(entry.path, entry.facts.parent or MODULE, entry.facts.qualname, types)
        for path in entry.attributes.get(name, ()):
            value = None if path == UNKNOWN else self._resolver.resolve(place, path)
            if value is not None and path.startswith(":("):
                return value
            found.append(value)
        found.extend(
            [self._self_value(entry, item, types) for item in entry.self_attributes.get(name, ())]
        )
        value = alternatives(found)
        if not isinstance(value, Collection) or value.element is not None:
            return value
        self._resolver.seen.add(f"{entry.id}.{name}[]")
        added = entry.self_attributes.get(f"{name}[]", ())
        held = [
            self._self_value(entry, item, types)
            or self._resolver.registered(Place(entry.path, item.method), item.path)
            for item in added[:MOST_ADDED]
        ]
        return Collection(alternatives(held), value.is_mapping)

    def _self_value(self, entry: ClassEntry, item: SelfAttribute, types: Types) -> Value:
        if item.path == UNKNOWN:
            return None
        return self._resolver.resolve(
            Place(entry.path, item.method, "", types), item.path, item.line
        )

    def _outside_member(self, owner: Instance | Class, name: str) -> Value:
        """A member that only a base outside the project can define."""
        for base in self._resolver.outside_bases(owner.id):
            full = self._resolver.knowledge.canonical(f"{base}.{name}")
            described = self._resolver.knowledge.result(full)
            if described == "Self":
                waits = self._resolver.knowledge.entry(full, "blocking", "cpu") is not None
                return Factory(Instance(owner.id, owner.arguments), full if waits else "")
            if self._resolver.knowledge.entries(full) or described is not None:
                return External(full)
        return None

    def below(self, owner: Value, name: str) -> Value:
        """What `owner.name` is where only subclasses define it: an object that is asked for it is of one of those.

        Factories and annotations say less than what they give.
        """
        found: list[Value] = []
        for value in each(owner):
            defined = self._below(value.id, name) if isinstance(value, Instance) else None
            if defined is None:
                return None  # one of several that is not known could be meant
            found.extend(defined)
        return alternatives(found)

    def _below(self, class_id: str, name: str) -> Sequence[Value] | None:
        """What each subclass that defines `name` makes of it; None where there are too many, or bases unknown."""
        value: Sequence[Value] | None = self._resolver.recall(
            self._values, f"{class_id}.{name}<below>", lambda: self._find_below(class_id, name)
        )
        return value

    def _find_below(self, class_id: str, name: str) -> Sequence[Value] | None:
        if not _PLAIN.issuperset(self._resolver.outside_bases(class_id)):
            return None
        found: dict[str, Value] = {}
        for subclass in below(self._resolver, class_id):
            member = self._resolver.member(subclass, name)
            if member is None:
                continue
            entry = member[0]
            definer = entry.id if isinstance(entry, FunctionEntry) else entry[0].id
            if definer not in found:
                found[definer] = self.member_of(Instance(subclass), name)
        return tuple(found.values()) if len(found) <= _MOST_BELOW else None

    def _super_member(self, class_id: str, name: str) -> Value:
        entry = self._resolver.class_(class_id)
        if entry is None:
            return None
        for base in self._resolver.bases(entry):
            if isinstance(base, Class):
                value = self.member_of(Instance(base.id, base.arguments), name)
            elif isinstance(base, External):
                value = self._outside_attribute(ExternalInstance(base.name), name)
                if not self._resolver.knowledge.entries(getattr(value, "name", "")):
                    value = None
            else:
                value = None
            if value is not None:
                return value
        return None
