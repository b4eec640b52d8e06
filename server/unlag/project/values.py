"""What an expression can be, as far as it is known without running anything.

`None` stands for unknown everywhere: an unknown value has no attributes and no callers.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

MOST_ADDED = 8
"""Values put into a container, one after the other, that are looked at."""


class Module(msgspec.Struct, frozen=True, gc=False):
    """A module or package of the project; `stem` is its path without `.py` or `/__init__.py`."""

    stem: str


class Function(msgspec.Struct, frozen=True):
    """A function, method or lambda of the project."""

    id: str
    receiver: Value = None
    """What it is bound to, for the type arguments of its class."""


class Class(msgspec.Struct, frozen=True):
    """A class of the project, with what its type parameters stand for."""

    id: str
    arguments: tuple[Value, ...] = ()


class Instance(msgspec.Struct, frozen=True):
    """An object of a class of the project."""

    id: str
    arguments: tuple[Value, ...] = ()


class Super(msgspec.Struct, frozen=True, gc=False):
    """`super()` in a method of class `id`."""

    id: str


class External(msgspec.Struct, frozen=True, gc=False):
    """A module, class, function or member outside the project, by its public dotted name."""

    name: str


class ExternalInstance(msgspec.Struct, frozen=True, gc=False):
    """An object of the outside class `name`, or what the outside function `name` gave."""

    name: str


class Coroutine(msgspec.Struct, frozen=True):
    """What calling a coroutine function gives: awaiting it gives `value`."""

    value: Value
    origin: str = ""
    """The function it comes from: an id of the project, or a name outside it."""


class Collection(msgspec.Struct, frozen=True):
    """Anything that is iterated over, or a mapping's values: `element` is what it holds."""

    element: Value
    is_mapping: bool = False
    named: tuple[tuple[str, Value], ...] = ()
    """What stands under literal keys, where the display shows them."""


class Tuple(msgspec.Struct, frozen=True):
    """A tuple of known length."""

    elements: tuple[Value, ...]


class Context(msgspec.Struct, frozen=True):
    """A context manager made from a generator: entering it gives `value`."""

    value: Value


class Factory(msgspec.Struct, frozen=True):
    """A callable that gives `value`."""

    value: Value
    name: str = ""
    """Of the outside method that it is, where calling that holds the thread as well."""


class Alternatives(msgspec.Struct, frozen=True):
    """One of several values: a registry's entries, or the two sides of a condition."""

    values: tuple[Value, ...]


class Offloaded(msgspec.Struct, frozen=True):
    """A function that runs `value` somewhere else: `asyncify(f)`."""

    value: Value
    to: str


class Annotated(msgspec.Struct, frozen=True):
    """`Annotated[type, Depends(dependency)]`, as a name for both."""

    type: Value
    dependency: Value


class Dependency(msgspec.Struct, frozen=True):
    """`Depends(value)`."""

    value: Value
    ends_early: bool = False
    """Whether it says `scope="function"`: it ends before the response is sent."""


Value: TypeAlias = (
    Module
    | Function
    | Class
    | Instance
    | Super
    | External
    | ExternalInstance
    | Coroutine
    | Collection
    | Tuple
    | Context
    | Factory
    | Alternatives
    | Offloaded
    | Annotated
    | Dependency
    | None
)


def alternatives(values: list[Value]) -> Value:
    """The known ones among `values`, as one value; alternatives among them stand beside the others."""
    known = [item for value in values if value is not None for item in each(value)]
    distinct = list(dict.fromkeys(known))
    if len(distinct) <= 1:
        return distinct[0] if distinct else None
    return Alternatives(tuple(distinct))


def each(value: Value) -> tuple[Value, ...]:
    """The alternatives in `value`, or `value` alone."""
    return value.values if isinstance(value, Alternatives) else (value,)
