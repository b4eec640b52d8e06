"""What the classes of a project do by themselves: when one is made, when a field is read, when one is tested.

Answers only where every base class is known; a descriptor, a metaclass or a validator ends it.
"""

from __future__ import annotations

from unlag.project.asked import AskedResolver
from unlag.project.table import ClassEntry, FunctionEntry
from unlag.project.values import Class, External, ExternalInstance, Instance, Module, Value
from unlag.rules.thread_pool import _inert

_INTERCEPTING = ("__setattr__", "__getattribute__", "__getattr__", "__new__", "__init_subclass__")
_TESTING = ("__bool__", "__len__")


class Classes:
    """Answers about classes, by id."""

    def __init__(self, resolver: AskedResolver) -> None:
        self._resolver = resolver

    def constructor(self, class_id: str) -> tuple[str, ...] | None:
        """The functions of the project that run when an object is made; None where that is not known."""
        lineage = self._lineage(class_id)
        if lineage is None or self._is_settings(class_id) or self._intercepts(class_id):
            return None
        if self.is_model(class_id):
            return self._model_constructor(class_id, lineage)
        if any(self._has_unknown_defaults(entry) for entry in lineage):
            return None
        names = ("__init__", "__post_init__")
        found = (self._resolver.method(class_id, name) for name in names)
        return tuple(method.id for method in found if method is not None)

    def is_model(self, class_id: str) -> bool:
        """Whether it is a Pydantic model."""
        return not _inert.MODELS.isdisjoint(self._resolver.outside_bases(class_id))

    def is_enumeration(self, class_id: str) -> bool:
        """Whether its members are named constants."""
        bases = self._resolver.outside_bases(class_id)
        return any(base.startswith("enum.") for base in bases)

    def is_field(self, class_id: str, name: str) -> bool:
        """Whether writing `self.name` only keeps the value."""
        if self._lineage(class_id) is None or self._intercepts(class_id):
            return False
        found = self._resolver.member(class_id, name)
        return found is None or not isinstance(found[0], FunctionEntry)

    def is_stored(self, owner: Value, name: str) -> bool:
        """Whether reading `owner.name` only looks up what is there."""
        if isinstance(owner, Module):
            return True
        if isinstance(owner, External | ExternalInstance):
            return _is_in_memory(owner.name, name)
        if isinstance(owner, Class):
            return self.is_enumeration(owner.id) and self._resolver.method(owner.id, name) is None
        if not isinstance(owner, Instance):
            return False
        if self.is_enumeration(owner.id):
            return name in ("value", "name")
        if self._lineage(owner.id) is None or self._intercepts(owner.id):
            return False
        return self._is_kept(owner.id, name)

    def is_always_true(self, value: Value) -> bool:
        """Whether an object is true without being asked."""
        if not isinstance(value, Instance) or self._lineage(value.id) is None:
            return False
        return all(self._resolver.member(value.id, name) is None for name in _TESTING)

    def _is_kept(self, class_id: str, name: str) -> bool:
        found = self._resolver.member(class_id, name)
        if found is None or isinstance(found[0], FunctionEntry):
            return False
        entry, _ = found[0]
        if name in entry.self_attributes and name not in entry.attributes:
            return True
        is_declared = self.is_model(class_id) or self._is_settings(class_id)
        return name in entry.attributes and (is_declared or _is_dataclass(entry))

    def _lineage(self, class_id: str) -> list[ClassEntry] | None:
        """The class and its bases in the project; None where a base or decorator is not known."""
        found: list[ClassEntry] = []
        pending = [class_id]
        while pending:
            entry = self._resolver.class_(pending.pop())
            if entry is None or entry in found or not _is_plainly_made(entry):
                return None
            found.append(entry)
            for base in self._resolver.bases(entry):
                if isinstance(base, Class):
                    pending.append(base.id)
                elif not isinstance(base, External) or not self._is_known(base.name):
                    return None
        return found

    def _is_known(self, name: str) -> bool:
        canonical = self._resolver.knowledge.canonical(name)
        return canonical in _inert.BASES | _inert.MODELS | _inert.SETTINGS

    def _is_settings(self, class_id: str) -> bool:
        return not _inert.SETTINGS.isdisjoint(self._resolver.outside_bases(class_id))

    def _intercepts(self, class_id: str) -> bool:
        return any(self._resolver.member(class_id, name) is not None for name in _INTERCEPTING)

    def _model_constructor(
        self, class_id: str, lineage: list[ClassEntry]
    ) -> tuple[str, ...] | None:
        """Nothing runs for a model without a constructor, validators or factories of its own."""
        for name in ("__init__", "model_post_init"):
            if self._resolver.method(class_id, name) is not None:
                return None
        for entry in lineage:
            functions = self._resolver.tables[entry.path].functions
            for qualname in entry.methods.values():
                for decorator in functions[qualname].facts.decorators:
                    if decorator.target.rpartition(".")[2] in _inert.VALIDATORS:
                        return None
            if any("Validator(" in path for paths in entry.attributes.values() for path in paths):
                return None
        return ()

    def _has_unknown_defaults(self, entry: ClassEntry) -> bool:
        """Whether fields of a dataclass have factories, which facts do not name."""
        return _is_dataclass(entry) and any(
            "field(" in path for paths in entry.attributes.values() for path in paths
        )


def _is_in_memory(owner: str, name: str) -> bool:
    """Whether an attribute of something outside the project is a constant or held by a request."""
    request, _, last = owner.rpartition(".")
    if request in _inert.REQUEST and last == "app":
        return name == "state"
    if owner in _inert.REQUEST:
        return name in _inert.REQUEST_ATTRIBUTES
    return f"{owner}.{name}".startswith(_inert.CONSTANTS)


def _is_dataclass(entry: ClassEntry) -> bool:
    return any(item.target.rpartition(".")[2] == "dataclass" for item in entry.facts.decorators)


def _is_plainly_made(entry: ClassEntry) -> bool:
    decorators = {item.target.rpartition(".")[2] for item in entry.facts.decorators}
    has_metaclass = any(
        word.startswith("metaclass") and "ABCMeta" not in word for word in entry.facts.keywords
    )
    return decorators <= _inert.PLAIN_DECORATORS and not has_metaclass
