"""What annotations and subscripts name: objects of a type, generics, dependencies of FastAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unlag.project import builtin_values
from unlag.project.place import Place
from unlag.project.values import (
    Alternatives,
    Annotated,
    Class,
    Collection,
    Coroutine,
    Dependency,
    External,
    ExternalInstance,
    Factory,
    Function,
    Instance,
    Tuple,
    Value,
    alternatives,
    each,
)
from unlag.source.facts import Parameter
from unlag.source.paths import UNKNOWN, split, unpack

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

_INJECTING = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"})
_NAMED_TYPES = frozenset(
    {"dishka.FromDishka", "dishka.integrations.base.FromDishka", "dishka.integrations.fastapi.FromDishka",
     "dishka.integrations.starlette.FromDishka", "wireup.Injected", "pydantic.SerializeAsAny",
     "pydantic.functional_serializers.SerializeAsAny", "pydantic.SkipValidation", "pydantic.InstanceOf",
     "pydantic.functional_validators.SkipValidation", "pydantic.functional_validators.InstanceOf",
     "pydantic.OnErrorOmit", "pydantic.Json"}
)  # fmt: skip
"""`Annotated[T, ...]` under another name."""


class Annotations:
    """Types as they are written in annotations."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def item_at(self, place: Place, value: Value, key: str) -> Value:
        """What `value[key]` is, `key` being as paths write it."""
        if value is None:
            return None
        kind = value.__class__
        if kind is Class or kind is External:
            return self._generic(place, value, key)
        if isinstance(value, Tuple):
            if key.lstrip("-").isdigit() and -len(value.elements) <= int(key) < len(value.elements):
                return value.elements[int(key)]
            return None
        if isinstance(value, Collection):
            return next((held for name, held in value.named if name == key[1:]), value.element)
        if isinstance(value, Alternatives):
            return alternatives([self.item_at(place, item, key) for item in value.values])
        if isinstance(value, Instance):
            method = self._resolver.member_of(value, "__getitem__")
            if isinstance(method, Function):
                return self._resolver.call(method, None)
            return self._field_at(value, int(key)) if key.isdigit() else None
        if isinstance(value, ExternalInstance):
            described = self._resolver.knowledge.result(f"{value.name}[]")
            return self._resolver.described(described) if described is not None else None
        return None

    def _field_at(self, value: Instance, number: int) -> Value:
        """What stands at a place of an object of a `NamedTuple`."""
        entry = self._resolver.class_(value.id)
        if entry is None or not any(base.endswith("NamedTuple") for base in entry.facts.bases):
            return None
        self._resolver.seen.update((f"{value.id}<bases>", f"{value.id}<attributes>"))
        names = tuple(entry.attributes)
        return self._resolver.member_of(value, names[number]) if number < len(names) else None

    def _generic(self, place: Place, value: Value, key: str) -> Value:
        """`Name[...]`: a generic class, or one of typing's own forms."""
        inside = [unpack(item) for item in split(key, ",")] if key else []
        if isinstance(value, Class):
            given = tuple(self.instance_of(place, item) for item in inside)
            return Class(value.id, given)
        if not isinstance(value, External):
            return None
        tail = value.name.rpartition(".")[2]
        if value.name in _INJECTING and inside:
            return self._resolver.resolve(place, inside[0])
        if value.name in _NAMED_TYPES and inside:
            return Annotated(self.instance_of(place, inside[0]), None)
        if tail == "Annotated" and inside:
            dependency: Value = None
            for item in inside[1:]:
                found = None if item.startswith("'") else self._resolver.resolve(place, item)
                if isinstance(found, Dependency):
                    dependency = found
            base = self._resolver.resolve(place, inside[0])
            if dependency is None and isinstance(base, Annotated):
                dependency = base.dependency
            return Annotated(self.instance_of(place, inside[0]), dependency)
        described = self._resolver.knowledge.result(f"{value.name}[]")
        if described is not None:
            return self._resolver.described(described)
        described = self._resolver.knowledge.result(value.name)
        if described is not None:  # an attribute: `reader.pages[0]`
            return self.item_at(place, self._resolver.described(described), key)
        return builtin_values.generic(value, [self.instance_of(place, item) for item in inside])

    def _made_by(self, name: str) -> Value:
        """What a function gives that is named like a class and written as a type: `multiprocessing.Queue`."""
        given = self._resolver.knowledge.result(name)
        if given is None or not name.rpartition(".")[2][0].isupper():
            return None
        return self._resolver.described(given)

    def dependencies(self, place: Place, parameter: Parameter) -> list[Value]:
        """What FastAPI calls to fill `parameter`."""
        found: list[Value] = []
        for text in (parameter.default, parameter.annotation):
            if not text or text[0] in "'#":
                continue
            for value in each(self._resolver.resolve(place, text)):
                dependency = value.dependency if isinstance(value, Annotated) else value
                if isinstance(dependency, Dependency):
                    target = dependency.value
                    if target is None and parameter.annotation and not _names_dependency(text):
                        target = self._declared_class(place, parameter.annotation)
                    found.append(target)
        return found

    def _declared_class(self, place: Place, annotation: str) -> Value:
        """The class in an annotation: what `Depends()` without an argument stands for."""
        value = self._resolver.resolve(place, annotation)
        if isinstance(value, Annotated):
            value = Class(value.type.id) if isinstance(value.type, Instance) else None
        return value if isinstance(value, Class) else None

    def instance_of(self, place: Place, path: str, self_class: str = "") -> Value:
        """An object of the type that the annotation `path` names."""
        parts = split(path, "|") if "|" in path else ()
        if len(parts) > 1:
            return alternatives([self.instance_of(place, part, self_class) for part in parts])
        if path == UNKNOWN or not path:
            return None
        for name, value in place.types:
            if name == path:
                return value
        tail = path.rpartition(".")[2]
        if tail == "Self" and self_class:
            return Instance(self_class)
        return self._instance(self._resolver.resolve(place, path), place)

    def _instance(self, value: Value, place: Place) -> Value:
        kind = value.__class__
        if kind is Class:
            return Instance(value.id, value.arguments)  # type: ignore[union-attr] # the class was just compared
        if kind is External:
            name = self._resolver.knowledge.canonical(value.name)  # type: ignore[union-attr] # as above
            if name in builtin_values.UNTYPED:
                return None
            return self._made_by(name) or builtin_values.instance(name)
        if kind is Annotated:
            if value.type is not None:  # type: ignore[union-attr] # as above
                return value.type  # type: ignore[union-attr] # as above
            dependency = value.dependency  # type: ignore[union-attr] # as above
            return (
                self._resolver.injected(dependency) if isinstance(dependency, Dependency) else None
            )
        if kind is Alternatives:
            return alternatives([self._instance(item, place) for item in value.values])  # type: ignore[union-attr] # as above
        if kind is Collection or kind is Tuple or kind is Factory or kind is Coroutine:
            return value
        if kind is ExternalInstance and value.name.rpartition(".")[2] == "NewType":  # type: ignore[union-attr] # as above
            return None
        return None


def _names_dependency(text: str) -> bool:
    """Whether `Depends(...)` is told what to call, be that known or not: then the annotation says nothing of it."""
    return "Depends(" in text and "Depends()" not in text
