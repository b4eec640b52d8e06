"""What awaiting, iterating over and entering a value gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unlag.project.values import (
    Alternatives,
    Class,
    Collection,
    Context,
    Coroutine,
    External,
    ExternalInstance,
    Function,
    Instance,
    Tuple,
    Value,
    alternatives,
)

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver


class Items:
    """The steps `await`, `for` and `with`."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def awaited(self, value: Value) -> Value:
        """What awaiting `value` gives."""
        if isinstance(value, Coroutine):
            return value.value
        if isinstance(value, ExternalInstance | Tuple | Collection):
            return value  # what `gather` gives is written as the results it awaits
        if isinstance(value, Alternatives):
            return alternatives([self.awaited(item) for item in value.values])
        return None

    def item(self, value: Value) -> Value:
        """What iterating over `value` gives."""
        if isinstance(value, Collection):
            return None if value.is_mapping else value.element
        if isinstance(value, Tuple):
            return alternatives(list(value.elements))
        if isinstance(value, Instance):
            return self._iterated(value)
        if isinstance(value, Class):
            return Instance(value.id) if self._resolver.is_enum(value.id) else None
        if isinstance(value, Alternatives):
            return alternatives([self.item(held) for held in value.values])
        if isinstance(value, External | ExternalInstance):
            return self._item_outside(value)
        return None

    def _item_outside(self, value: External | ExternalInstance) -> Value:
        knowledge = self._resolver.knowledge
        described = knowledge.result(f"{value.name}.__iter__")
        if described is not None:
            return self._resolver.described(described)
        described = knowledge.result(value.name) if isinstance(value, External) else None
        return self.item(self._resolver.described(described)) if described is not None else None

    def _iterated(self, value: Instance) -> Value:
        for name in ("__iter__", "__aiter__"):
            method = self._resolver.member_of(value, name)
            if not isinstance(method, Function):
                continue
            result = self._resolver.call(method, None)
            if isinstance(result, Collection):
                return result.element
            if isinstance(result, Instance):
                step = self._resolver.member_of(result, name.replace("iter", "next"))
                given = self._resolver.call(step, None) if isinstance(step, Function) else None
                return given.value if isinstance(given, Coroutine) else given
        return None

    def entered(self, value: Value) -> Value:
        """What `with value` binds."""
        if isinstance(value, Context):
            return value.value
        if isinstance(value, Instance):
            return self._entered_instance(value)
        if isinstance(value, Coroutine):
            return self.entered(value.value)
        if isinstance(value, Alternatives):
            return alternatives([self.entered(item) for item in value.values])
        if isinstance(value, External | ExternalInstance):
            described = self._resolver.knowledge.entered(value.name)
            return self._resolver.described(described) if described is not None else value
        return None

    def _entered_instance(self, value: Instance) -> Value:
        for name in ("__enter__", "__aenter__"):
            method = self._resolver.method(value.id, name, value.arguments)
            if method is not None:
                result = self._resolver.result(Function(method.id, value))
                result = result.value if isinstance(result, Coroutine) else result
                return result if result is not None else value
        return value if self._resolver.outside_bases(value.id) else None
