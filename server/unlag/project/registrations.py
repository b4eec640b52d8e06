"""Where a function tells a framework to call another one: routes, dependencies, middleware, handlers, tasks.

Finds what one function's decorators and calls register; joining routers to applications is for `routes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from unlag.project.origins import origin
from unlag.project.resolver import Place, Resolver
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
from unlag.source.facts import Call
from unlag.source.paths import UNKNOWN
from unlag.source.scopes import MODULE

ROUTERS = frozenset(
    {"fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette",
     "starlette.routing.Router"}
)  # fmt: skip
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})
_DECORATORS = _METHODS | {"api_route", "websocket", "websocket_route", "route"}
_ADDERS = frozenset(
    {"add_api_route", "add_route", "add_websocket_route", "add_api_websocket_route"}
)
_ROUTE_CLASSES = frozenset({"Route", "WebSocketRoute", "APIRoute", "APIWebSocketRoute"})
_OTHERS = frozenset(
    {"include_router", "mount", "Mount", "add_middleware", "Middleware", "add_event_handler",
     "add_exception_handler", "middleware", "exception_handler", "on_event"}
)  # fmt: skip
_ENDPOINT_METHODS = (
    "get", "post", "put", "patch", "delete", "options", "head", "dispatch", "on_connect",
    "on_receive", "on_disconnect", "__call__",
)  # fmt: skip


class Registration(msgspec.Struct, frozen=True, gc=False):
    """One thing a framework is told."""

    kind: str
    """route, router, include, or entry."""
    targets: tuple[str, ...] = ()
    """Functions that will be called."""
    label: str = ""
    """What the entry is called in messages: route, middleware, background task, ..."""
    method: str = ""
    route: str = ""
    """Path of the route, or prefix of the router or include."""
    router: str = ""
    """Key of the router it is registered on, made or included."""
    parent: str = ""
    """Key of the router or application that includes it."""
    dependencies: tuple[str, ...] = ()
    runs: str = "loop"
    """Where a coroutine target runs: loop, start-up, task, process, script."""
    sync: str = "thread"
    """Where a plain function runs."""


def registrations_of(
    resolver: Resolver, place: Place, entry: FunctionEntry, callees: Sequence[str]
) -> Iterator[Registration]:
    """Everything that the decorators of `entry` and the calls in its body register."""
    finder = _Finder(resolver, place, entry)
    outer = Place(entry.path, entry.facts.parent or MODULE, "")
    for decorator in entry.facts.decorators:
        yield from finder.decorator(outer, decorator)
    for call, callee in zip(entry.facts.calls, callees, strict=True):
        yield from finder.call(call, callee)


class _Finder:
    def __init__(self, resolver: Resolver, place: Place, entry: FunctionEntry) -> None:
        self._resolver = resolver
        self._place = place
        self._entry = entry

    # -- decorators

    def decorator(self, outer: Place, decorator: Call) -> Iterator[Registration]:
        resolver = self._resolver
        receiver, _, name = decorator.target.rpartition(".")
        target = (self._entry.id,)
        if receiver and (name in _DECORATORS or name in _OTHERS):
            if self.is_router(resolver.resolve(outer, receiver)):
                yield from self._routed(outer, decorator, receiver, name, target)
                return
        value = resolver.resolve(outer, decorator.target)
        for item in each(value):
            if isinstance(item, External):
                yield from self._known(item.name, target, "decorator", decorator)

    def _routed(
        self, place: Place, call: Call, receiver: str, name: str, target: tuple[str, ...]
    ) -> Iterator[Registration]:
        if name in _DECORATORS:
            yield Registration(
                "route",
                target,
                "websocket" if "websocket" in name else "route",
                _method(name, call),
                text_of(call.argument(0, "path")),
                origin(self._resolver, place, receiver),
                dependencies=self._dependencies(place, call),
            )
        elif name == "on_event":
            yield Registration("entry", target, "start-up", runs="start-up", sync="start-up")
        elif name in ("middleware", "exception_handler"):
            sync = "thread" if name == "exception_handler" else "loop"
            yield Registration("entry", target, name.replace("_", " "), sync=sync)

    # -- calls

    def call(self, call: Call, callee: str) -> Iterator[Registration]:
        receiver, _, name = call.target.rpartition(".")
        if name.endswith("()"):
            yield from self._decorating_call(call, receiver, name[:-2])
        elif name in _ADDERS or (name in _OTHERS and receiver):
            if self.is_router(self._resolver.resolve(self._place, receiver, call.line)):
                yield from self._on_router(call, receiver, name)
        if ":" in callee:
            yield from self._constructed(call, callee)
            return
        if not callee:
            return
        tail = callee.rpartition(".")[2]
        if tail in _ROUTE_CLASSES and _is_framework(callee):
            yield self._route_object(call, tail)
        elif tail in ("Mount", "Middleware") and _is_framework(callee):
            yield from self._on_router(call, "", "mount" if tail == "Mount" else "add_middleware")
        elif self._resolver.knowledge.canonical(callee) in ROUTERS:
            yield from self._constructed(call, callee)
        else:
            yield from self._known_call(call, callee)

    def _decorating_call(self, call: Call, receiver: str, name: str) -> Iterator[Registration]:
        """`app.get("/x")(endpoint)`: a decorator written as a call."""
        if not receiver or name not in (_DECORATORS | _OTHERS) or not call.arguments:
            return
        if not self.is_router(self._resolver.resolve(self._place, receiver, call.line)):
            return
        targets = self._functions(call.arguments[0], call.line)
        for inner in self._entry.facts.calls:
            if inner.target == f"{receiver}.{name}" and inner.line <= call.line:
                yield from self._routed(self._place, inner, receiver, name, targets)
                return

    def _on_router(self, call: Call, receiver: str, name: str) -> Iterator[Registration]:
        router = origin(self._resolver, self._place, receiver) if receiver else ""
        if name in _ADDERS:
            targets = self._functions(
                call.argument(1, "endpoint") or call.argument(1, "route"), call.line
            )
            label = "websocket" if "websocket" in name else "route"
            yield Registration(
                "route", targets, label, _method(name, call), text_of(call.argument(0, "path")),
                router, dependencies=self._dependencies(self._place, call),
            )  # fmt: skip
        elif name == "include_router":
            yield Registration(
                "include", (), route=text_of(call.keyword("prefix")),
                router=self._origin(call.argument(0, "router")), parent=router,
                dependencies=self._dependencies(self._place, call),
            )  # fmt: skip
        elif name == "mount":
            yield Registration(
                "include", (), route=text_of(call.argument(0, "path")),
                router=self._origin(call.argument(1, "app")), parent=router,
            )  # fmt: skip
        elif name == "add_middleware":
            targets = self._functions(call.argument(0, "middleware_class"), call.line)
            yield Registration("entry", targets, "middleware", sync="loop")
        elif name in ("add_event_handler", "add_exception_handler"):
            targets = self._functions(call.argument(1), call.line)
            if name == "add_event_handler":
                yield Registration("entry", targets, "start-up", runs="start-up", sync="start-up")
            else:
                yield Registration("entry", targets, "exception handler")

    def _route_object(self, call: Call, tail: str) -> Registration:
        targets = self._functions(call.argument(1, "endpoint"), call.line)
        label = "websocket" if "WebSocket" in tail else "route"
        return Registration(
            "route", targets, label, _method("route", call), text_of(call.argument(0, "path")),
            dependencies=self._dependencies(self._place, call),
        )  # fmt: skip

    def _constructed(self, call: Call, callee: str) -> Iterator[Registration]:
        """`FastAPI(...)`, `APIRouter(...)` or a class of the project that inherits from one."""
        if ":" in callee:
            resolver = self._resolver
            if resolver.class_(callee) is None or not self.is_router(Instance(callee)):
                return
        yield Registration(
            "router", (), route=text_of(call.keyword("prefix")), router=self._bound_to(call),
            dependencies=self._dependencies(self._place, call),
        )  # fmt: skip
        for keyword in ("lifespan", "on_startup", "on_shutdown"):
            targets = self._functions(call.keyword(keyword), call.line)
            if targets:
                yield Registration("entry", targets, "start-up", runs="start-up", sync="start-up")
        handlers = self._functions(call.keyword("exception_handlers"), call.line)
        if handlers:
            yield Registration("entry", handlers, "exception handler")

    def _bound_to(self, call: Call) -> str:
        """The key of the name that a router is assigned to."""
        for binding in (*self._entry.facts.bindings, *self._entry.facts.self_bindings):
            if binding.line == call.line and f"{call.target}()" in binding.path:
                if binding in self._entry.facts.self_bindings:
                    return f"{self._place.path}:{self._entry.facts.owner}.{binding.name}"
                return origin(self._resolver, self._place, binding.name)
        return ""

    def _known_call(self, call: Call, callee: str) -> Iterator[Registration]:
        for entry in self._resolver.knowledge.entries(callee):
            if entry.kind != "entry-point" or entry.form != "call":
                continue
            for position in entry.callables:
                value = (
                    call.argument(position) if isinstance(position, int) else call.keyword(position)
                )
                targets = self._functions(value, call.line)
                if targets:
                    yield from self._known(callee, targets, "call", call)
                    break

    def _known(
        self, name: str, targets: tuple[str, ...], form: str, call: Call
    ) -> Iterator[Registration]:
        for entry in self._resolver.knowledge.entries(name):
            if entry.kind == "entry-point" and entry.form == form:
                yield Registration(
                    "entry", targets, entry.label or "entry point", runs=entry.runs or "loop",
                    sync=entry.sync or "thread",
                )  # fmt: skip

    # -- values

    def is_router(self, value: Value) -> bool:
        """Whether a value is an application or a router."""
        knowledge = self._resolver.knowledge
        for item in each(value):
            if isinstance(item, ExternalInstance) and knowledge.is_a(item.name, ROUTERS):
                return True
            if isinstance(item, Instance):
                bases = self._resolver.outside_bases(item.id)
                if any(knowledge.is_a(base, ROUTERS) for base in bases):
                    return True
            if isinstance(item, External) and item.name.endswith(".router"):
                return knowledge.is_a(item.name.removesuffix(".router"), ROUTERS)
        return False

    def _origin(self, path: str | None) -> str:
        if path is None or path[:1] in "'#":
            return ""
        return origin(self._resolver, self._place, path)

    def _functions(self, path: str | None, line: int) -> tuple[str, ...]:
        """Ids of the functions that a value given to a framework stands for."""
        if path is None or path[:1] in "'#*" or path == UNKNOWN:
            return ()
        return tuple(dict.fromkeys(self._ids(self._resolver.resolve(self._place, path, line))))

    def _ids(self, value: Value) -> Iterator[str]:
        for item in each(value):
            if isinstance(item, Function):
                yield item.id
            elif isinstance(item, Class | Instance):
                for name in _ENDPOINT_METHODS:
                    found = self._resolver.member(item.id, name)
                    if found is not None and isinstance(found[0], FunctionEntry):
                        yield found[0].id
            elif isinstance(item, Collection):
                yield from self._ids(item.element)
            elif isinstance(item, Coroutine) and ":" in item.origin:
                yield item.origin

    def _dependencies(self, place: Place, call: Call) -> tuple[str, ...]:
        for argument in call.arguments:
            if argument.startswith("dependencies=") and "Depends(" in argument:
                value = self._resolver.resolve(place, argument.partition("=")[2], call.line)
                return tuple(_dependency_ids(self._resolver, value))
        return ()


def _dependency_ids(resolver: Resolver, value: Value) -> Iterator[str]:
    for item in each(value):
        if isinstance(item, Collection):
            yield from _dependency_ids(resolver, item.element)
        elif isinstance(item, Dependency):
            for target in each(item.value):
                yield from _callable_ids(resolver, target)


def _callable_ids(resolver: Resolver, target: Value) -> Iterator[str]:
    if isinstance(target, Function):
        yield target.id
    elif isinstance(target, Class | Instance):
        name = "__init__" if isinstance(target, Class) else "__call__"
        found = resolver.member(target.id, name)
        if found is not None and isinstance(found[0], FunctionEntry):
            yield found[0].id


def text_of(value: str | None) -> str:
    """The text of a literal argument, or an empty string."""
    return value[1:] if value is not None and value.startswith("'") else ""


def _method(name: str, call: Call) -> str:
    if name in _METHODS:
        return name.upper()
    if "websocket" in name:
        return "WEBSOCKET"
    methods = call.keyword("methods") or ""
    found = [method for method in sorted(_METHODS) if f"'{method.upper()}" in methods]
    return "/".join(method.upper() for method in found) or "GET"


def _is_framework(name: str) -> bool:
    return name.partition(".")[0] in ("fastapi", "starlette")
