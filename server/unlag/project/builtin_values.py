"""Python's own names: builtins, typing's generic forms and what the standard containers hold."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from unlag.project.values import (
    Annotated,
    Class,
    Collection,
    Context,
    Coroutine,
    Dependency,
    External,
    ExternalInstance,
    Factory,
    Instance,
    Tuple,
    Value,
    alternatives,
    each,
)

NAMES = frozenset(dir(builtins))

DISPLAYS = {
    "list": "list", "set": "same", "tuple": "tuple", "dict": "dict", "each": "list",
    "sorted": "same", "reversed": "same", "frozenset": "same", "iter": "same",
    "enumerate": "enumerate",
}  # fmt: skip
"""How a display or a container's constructor in a path is read."""

UNTYPED = frozenset(
    {"typing.Any", "object", "typing.Callable", "collections.abc.Callable", "typing.TypeVar", "None",
     "typing_extensions.Any"}
)  # fmt: skip

STATE = "starlette.datastructures.State"
"""The class of `app.state` and `request.state`."""

ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})
"""Classes whose attributes are objects of the class itself."""

_COLLECTIONS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "Iterable", "Iterator",
     "Collection", "AsyncIterator", "AsyncIterable", "Generator", "AsyncGenerator", "deque",
     "MutableSequence", "AbstractSet", "KeysView", "ValuesView"}
)  # fmt: skip
_MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict",
     "WeakValueDictionary", "ContextVar"}
)  # fmt: skip
"""What `get` and `pop` take a value from; of a context variable `get` alone."""
_WRAPPERS = frozenset(
    {"Optional", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar"}
)
_CONTEXTS = frozenset(
    {"AbstractContextManager", "AbstractAsyncContextManager", "ContextManager",
     "AsyncContextManager"}
)  # fmt: skip
_AWAITABLES = frozenset({"Awaitable", "Coroutine", "Future", "Task"})
_MODULES = frozenset(
    {"", "builtins", "typing", "typing_extensions", "collections", "collections.abc", "contextlib",
     "contextvars", "asyncio", "asyncio.futures", "asyncio.tasks", "weakref"}
)  # fmt: skip
"""Where the names above come from."""


def _standard(name: str) -> str:
    """A name of the standard library without its module; empty for others: PyMongo has a `Collection` too."""
    module, _, tail = name.rpartition(".")
    return tail if module in _MODULES else ""


def generic(form: External, inside: Sequence[Value]) -> Value:
    """What `form[...]` stands for, `inside` being instances of its arguments."""
    tail = _standard(form.name)
    last = inside[-1] if inside else None
    if tail in _COLLECTIONS:
        return Collection(inside[0] if inside else None)
    if tail in _MAPPINGS:
        return Collection(last, is_mapping=True)
    if tail in ("tuple", "Tuple"):
        return Tuple(tuple(inside))
    if tail in _WRAPPERS:
        return inside[0] if inside else None
    if tail in _CONTEXTS:
        return Context(inside[0] if inside else None)
    if tail in _AWAITABLES:
        return Coroutine(last)
    if tail == "Callable":
        return Factory(last) if last is not None else None
    if tail in ("type", "Type"):
        return _class_of(inside[0]) if inside else form
    return form


def _class_of(value: Value) -> Value:
    """What `type[...]` stands for, `value` being an object of the class: as an annotation, the class itself."""
    classes: list[Value] = []
    for item in each(value):
        if isinstance(item, Instance):
            classes.append(Class(item.id, item.arguments))
        elif isinstance(item, ExternalInstance):
            classes.append(External(item.name))
    return Annotated(alternatives(classes), None) if classes else None


def instance(name: str) -> Value:
    """An object of the outside class `name`."""
    tail = _standard(name)
    if tail in _COLLECTIONS:
        return Collection(None)
    if tail in _MAPPINGS:
        return Collection(None, is_mapping=True)
    return ExternalInstance(name)


def collection_member(owner: Collection, name: str) -> Value:
    """Methods of containers that hand on what they hold."""
    if owner.is_mapping:
        if name in ("get", "pop", "setdefault"):
            return Factory(owner.element)
        if name == "values":
            return Factory(Collection(owner.element))
        if name == "items":
            return Factory(Collection(Tuple((None, owner.element))))
        return External(f"dict.{name}") if hasattr(dict, name) else None  # `set` of a ContextVar
    if name in ("pop", "popleft"):
        return Factory(owner.element)
    if name == "copy":
        return Factory(owner)
    if name in ("__anext__", "asend"):
        return Factory(Coroutine(owner.element))
    return External(f"list.{name}")


def special_call(name: str, given: Value) -> Value:
    """Calls whose result is their first argument in another form."""
    tail = name.rpartition(".")[2]
    if tail in ("Depends", "Security") and name.partition(".")[0] in ("fastapi", "fast_depends"):
        return Dependency(given)
    if name in ("functools.partial", "functools.partialmethod"):
        return given
    if name.startswith("dependency_injector.providers.") and isinstance(given, Class):
        return Factory(Instance(given.id, given.arguments))
    if given is not None and name == "type":
        return Class(given.id, given.arguments) if isinstance(given, Instance) else None
    if given is not None and name in _PASSING:
        return given if isinstance(given, Coroutine) else None
    if given is not None and name in _HOLDING:
        return Context(given)
    if name in ("random.choice", "secrets.choice"):
        return _picked(given)
    if given is not None and tail in ("enter_context", "enter_async_context"):
        return _entered(given, tail)
    if name in ("asyncio.run", "asyncio.run_until_complete", "anyio.from_thread.run"):
        return given.value if isinstance(given, Coroutine) else None
    return None


def _picked(given: Value) -> Value:
    """One of what a list or tuple holds."""
    if isinstance(given, Tuple):
        return alternatives(list(given.elements))
    return given.element if isinstance(given, Collection) and not given.is_mapping else None


def _entered(given: Value, tail: str) -> Value:
    value = given.value if isinstance(given, Context) else given
    return Coroutine(value) if tail == "enter_async_context" else value


_HOLDING = frozenset({"contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"})
"""Context managers that bind what they are given."""

_PASSING = frozenset(
    {"asyncio.wait_for", "asyncio.shield", "asyncio.create_task", "asyncio.ensure_future"}
)
