"""Which functions of the project a framework calls when it is given a value.

Knows what frameworks do with classes and instances; not where they were told so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from unlag.project.resolver import Resolver
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Class,
    Collection,
    Coroutine,
    Dependency,
    External,
    ExternalInstance,
    Function,
    Instance,
    Value,
    each,
)

ROUTERS = frozenset(
    {"fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette",
     "starlette.routing.Router"}
)  # fmt: skip
_BACKEND = "starlette.authentication.AuthenticationBackend"
_ENDPOINT_METHODS = ("get", "post", "put", "patch", "delete", "options", "head")
_SOCKET_METHODS = ("on_connect", "on_receive", "on_disconnect")


class _Methods(Protocol):
    """Whoever knows the methods of classes: the resolver, or what rules may ask of it."""

    def method(self, class_id: str, name: str) -> FunctionEntry | None: ...


def is_router(resolver: Resolver, value: Value) -> bool:
    """Whether a value is an application or a router."""
    knowledge = resolver.knowledge
    for item in each(value):
        if isinstance(item, ExternalInstance) and knowledge.is_a(item.name, ROUTERS):
            return True
        if isinstance(item, Instance):
            bases = resolver.outside_bases(item.id)
            if any(knowledge.is_a(base, ROUTERS) for base in bases):
                return True
        if isinstance(item, External) and item.name.endswith(".router"):
            return knowledge.is_a(item.name.removesuffix(".router"), ROUTERS)
    return False


def called(
    resolver: _Methods, value: Value, methods: Sequence[str] = ("__call__",)
) -> Iterator[str]:
    """Functions that run when the framework calls `value`; of classes and instances, `methods`."""
    for item in each(value):
        if isinstance(item, Function):
            yield item.id
        elif isinstance(item, Class | Instance):
            for name in methods:
                yield from _method(resolver, item.id, name)
        elif isinstance(item, Collection):
            yield from called(resolver, item.element, methods)
        elif isinstance(item, Coroutine) and ":" in item.origin:
            yield item.origin


def endpoints(resolver: Resolver, value: Value) -> Iterator[tuple[str, str]]:
    """Functions that answer requests for `value`, with the HTTP method where the name says it."""
    for item in each(value):
        if isinstance(item, Class):
            for name in _ENDPOINT_METHODS:
                for found in _method(resolver, item.id, name):
                    yield found, name.upper()
            for name in (*_SOCKET_METHODS, "dispatch", "__call__"):
                for found in _method(resolver, item.id, name):
                    yield found, ""
        else:
            for found in called(resolver, item):
                yield found, ""


def middleware(resolver: Resolver, value: Value) -> Iterator[str]:
    """Functions that run for every request under the middleware class or factory `value`."""
    for item in each(value):
        made = resolver.result(item) if isinstance(item, Function) else None
        inner = list(called(resolver, made))
        yield from inner or called(resolver, item, ("dispatch", "__call__"))


def authentication(resolver: Resolver, value: Value) -> Iterator[str]:
    """What `AuthenticationMiddleware(app, backend=value)` runs for every request."""
    for item in each(value):
        bases = resolver.outside_bases(item.id) if isinstance(item, Instance) else ()
        if _BACKEND in bases:
            yield from called(resolver, item, ("authenticate",))


def dependencies(resolver: Resolver, value: Value) -> Iterator[str]:
    """What FastAPI calls for `Depends(...)`, or for each in a list of them.

    A class without a constructor of its own stands for itself: it is called in a thread too.
    """
    for item in each(value):
        if isinstance(item, Collection):
            yield from dependencies(resolver, item.element)
        elif isinstance(item, Dependency):
            yield from injected(resolver, item.value)


def injected(resolver: _Methods, value: Value) -> Iterator[str]:
    """What FastAPI calls where `value` stands in `Depends(value)`."""
    for item in each(value):
        if isinstance(item, Class):
            yield from list(_method(resolver, item.id, "__init__")) or [item.id]
        elif isinstance(item, Dependency):
            yield from injected(resolver, item.value)
        else:
            yield from called(resolver, item)


def _method(resolver: _Methods, class_id: str, name: str) -> Iterator[str]:
    found = resolver.method(class_id, name)
    if found is not None:
        yield found.id
