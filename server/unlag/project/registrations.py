"""Where a function tells a framework to call another one: routes, middleware, handlers, tasks.

Finds what one function's decorators and calls register; joining routers to applications is for
`routes`, and which function a value stands for is for `targets`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from unlag.project import targets
from unlag.project.callables import is_inside, parameter_for
from unlag.project.origins import origin, origins, parameter_key, self_key
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, External, Instance, Value, each
from unlag.source.facts import Call, is_keyword
from unlag.source.paths import UNKNOWN, pack
from unlag.source.scopes import MODULE

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})
_DECORATORS = _METHODS | {"api_route", "websocket", "websocket_route", "route"}
_ADDERS = frozenset(
    {"add_api_route", "add_route", "add_websocket_route", "add_api_websocket_route"}
)
_ROUTE_CLASSES = frozenset({"Route", "WebSocketRoute", "APIRoute", "APIWebSocketRoute"})
_HOLDERS = frozenset({"Mount", "Router", "APIRouter", "Starlette", "FastAPI"})
_OTHERS = frozenset(
    {"include_router", "mount", "add_middleware", "add_event_handler", "add_exception_handler",
     "middleware", "exception_handler", "on_event"}
)  # fmt: skip
_APPLICATION_NAMES = frozenset({"app", "application", "api", "router"})
_VIEWS = frozenset({"cbv", "View"})
"""Class decorators that make dependencies of class attributes."""


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
        receiver, _, name = decorator.target.rpartition(".")
        target = (self._entry.id,)
        is_told = receiver and (name in _DECORATORS or name in _OTHERS)
        if is_told and self._is_router(outer, receiver, 0):
            yield from self._routed(outer, decorator, receiver, name, target)
            return
        for item in each(self._resolver.resolve(outer, decorator.target)):
            if isinstance(item, External):
                yield from self._known(item.name, target, "decorator")

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
                dependencies=(*self._dependencies(place, call), *self._of_view()),
            )
        elif name == "on_event":
            yield _at_start(target)
        elif name in ("middleware", "exception_handler"):
            sync = "thread" if name == "exception_handler" else "loop"
            yield Registration("entry", target, name.replace("_", " "), sync=sync)

    def _of_view(self) -> Iterator[str]:
        """Dependencies that the endpoint's class declares as attributes."""
        item = self._entry.facts
        owner = self._resolver.class_(f"{self._entry.path}:{item.owner}") if item.owner else None
        if owner is None:
            return
        self._resolver.seen.update((owner.id, f"{owner.id}<attributes>"))
        if not any(d.target.rpartition(".")[2] in _VIEWS for d in owner.facts.decorators):
            return
        place = Place(owner.path, owner.facts.parent or MODULE, owner.facts.qualname)
        for paths in owner.attributes.values():
            for path in paths:
                for part in path.split("|"):
                    if "Depends(" in part or "Security(" in part:
                        value = self._resolver.resolve(place, part)
                        yield from targets.dependencies(self._resolver, value)

    # -- calls

    def call(self, call: Call, callee: str) -> Iterator[Registration]:
        receiver, _, name = call.target.rpartition(".")
        if call.target == "super().__init__":
            yield from self._inherited(call)
        elif name.endswith("()"):
            yield from self._decorating_call(call, receiver, name[:-2])
        elif receiver and (name in _ADDERS or name in _OTHERS):
            if self._is_router(self._place, receiver, call.line):
                yield from self._on_router(call, receiver, name)
        if ":" in callee:
            yield from self._constructed(call, callee)
            yield from self._handed_on(call, callee)
            return
        tail = callee.rpartition(".")[2]
        if tail in _ROUTE_CLASSES and _is_framework(callee):
            yield from self._route_object(call, tail)
        elif tail == "Mount" and _is_framework(callee):
            yield from self._mount(call, self._key_of(call), self._holder(call))
        elif tail == "Middleware" and _is_framework(callee):
            yield self._middleware(call)
        elif self._resolver.knowledge.canonical(callee) in targets.ROUTERS:
            yield from self._constructed(call, callee)
        elif callee:
            yield from self._known_call(call, callee)

    def _decorating_call(self, call: Call, receiver: str, name: str) -> Iterator[Registration]:
        """`app.get("/x")(endpoint)`: a decorator written as a call."""
        if not receiver or name not in (_DECORATORS | _OTHERS) or not call.arguments:
            return
        if not self._is_router(self._place, receiver, call.line):
            return
        given = self._functions(call.arguments[0], call.line)
        inner = [c for c in self._entry.facts.calls if c.target == f"{receiver}.{name}"]
        for made in inner:
            if is_inside(made, call):
                yield from self._routed(self._place, made, receiver, name, given)
                return

    def _on_router(self, call: Call, receiver: str, name: str) -> Iterator[Registration]:
        router = origin(self._resolver, self._place, receiver)
        if name in _ADDERS:
            label = "websocket" if "websocket" in name else "route"
            yield from self._routes(
                call, call.argument(1, "endpoint") or call.argument(1, "route"), label,
                _method(name, call), router,
            )  # fmt: skip
        elif name == "include_router":
            for key in self._origins(call.argument(0, "router"), call.line):
                yield Registration(
                    "include", (), route=text_of(call.keyword("prefix")), router=key,
                    parent=router, dependencies=self._dependencies(self._place, call),
                )  # fmt: skip
        elif name == "mount":
            yield from self._mount(call, self._key_of(call), router)
        elif name == "add_middleware":
            yield self._middleware(call)
        elif name == "add_event_handler":
            yield _at_start(self._functions(call.argument(1), call.line))
        elif name == "add_exception_handler":
            given = self._functions(call.argument(1), call.line)
            yield Registration("entry", given, "exception handler")

    def _routes(
        self, call: Call, endpoint: str | None, label: str, method: str, router: str
    ) -> Iterator[Registration]:
        """A route for a function; for a class of endpoints, one for each of its methods."""
        value = self._value(endpoint, call.line)
        for target, own in dict.fromkeys(targets.endpoints(self._resolver, value)):
            yield Registration(
                "route", (target,), label, own or method, text_of(call.argument(0, "path")),
                router, dependencies=self._dependencies(self._place, call),
            )  # fmt: skip

    def _route_object(self, call: Call, tail: str) -> Iterator[Registration]:
        label = "websocket" if "WebSocket" in tail else "route"
        method = _method(label, call)
        endpoint = call.argument(1, "endpoint")
        yield from self._routes(call, endpoint, label, method, self._holder(call))

    def _mount(self, call: Call, key: str, parent: str) -> Iterator[Registration]:
        """Routers, lists of routes and bare ASGI applications under a path."""
        prefix = text_of(call.argument(0, "path"))
        yield Registration("include", (), route=prefix, router=key, parent=parent)
        app = call.argument(1, "app")
        for inner in (*self._origins(app, call.line), *self._listed(call)):
            yield Registration("include", (), router=inner, parent=key)
        value = self._value(app, call.line)
        if value is not None and not targets.is_router(self._resolver, value):
            given = tuple(targets.called(self._resolver, value))
            if given:
                yield Registration("entry", given, "mounted application", sync="loop")

    def _middleware(self, call: Call) -> Registration:
        given = self._functions(call.keyword("dispatch"), call.line)
        if not given:
            value = self._value(call.argument(0, "middleware_class"), call.line)
            given = tuple(targets.middleware(self._resolver, value))
        return Registration("entry", given, "middleware", sync="loop")

    def _constructed(self, call: Call, callee: str) -> Iterator[Registration]:
        """`FastAPI(...)`, `APIRouter(...)` or a class of the project that inherits from one."""
        key = self._key_of(call)
        prefix = text_of(call.keyword("prefix"))
        added = self._dependencies(self._place, call)
        if ":" in callee:
            resolver = self._resolver
            if resolver.class_(callee) is None:
                return
            if not targets.is_router(resolver, Instance(callee)):
                return
            for class_id in self._constructors(callee):
                yield Registration("include", (), router=self_key(class_id), parent=key)
                yield Registration("base", (), router=key, parent=f"{class_id}<base>")
        yield Registration("router", (), route=prefix, router=key, dependencies=added)
        for name in self._listed(call):
            yield Registration("include", (), router=name, parent=key)
        yield from self._given_to_application(call)

    def _given_to_application(self, call: Call) -> Iterator[Registration]:
        for keyword in ("lifespan", "on_startup", "on_shutdown"):
            given = self._functions(call.keyword(keyword), call.line)
            if given:
                yield _at_start(given)
        handlers = self._functions(call.keyword("exception_handlers"), call.line)
        if handlers:
            yield Registration("entry", handlers, "exception handler")

    def _constructors(self, class_id: str) -> Iterator[str]:
        """A router class and those of the project it inherits from."""
        pending = [class_id]
        visited: set[str] = set()
        while pending:
            current = self._resolver.class_(pending.pop())
            if current is None or current.id in visited:
                continue
            visited.add(current.id)
            yield current.id
            bases = self._resolver.bases(current)
            pending.extend(base.id for base in bases if isinstance(base, Class))

    def _inherited(self, call: Call) -> Iterator[Registration]:
        """What the constructor of a router class passes on to the framework's."""
        item = self._entry.facts
        class_id = f"{self._entry.path}:{item.owner}"
        if item.name == "__init__" and targets.is_router(self._resolver, Instance(class_id)):
            yield Registration(
                "router", (), route=text_of(call.keyword("prefix")), router=f"{class_id}<base>",
                dependencies=self._dependencies(self._place, call),
            )  # fmt: skip
            yield from self._given_to_application(call)

    def _handed_on(self, call: Call, callee: str) -> Iterator[Registration]:
        """A router passed to a function of the project, which adds to it under a name of its own."""
        entry = self._resolver.function(callee)
        if entry is None:
            return
        routers = {p.name for p in entry.facts.parameters if _may_be_router(p.annotation, p.name)}
        for argument in call.arguments if routers else ():
            name = parameter_for(entry.facts, call, argument)
            if name not in routers:
                continue
            path = argument.partition("=")[2] if is_keyword(argument) else argument
            for key in self._origins(path, call.line):
                inner = parameter_key(entry.id, name)
                yield Registration("include", (), router=inner, parent=key)

    def _known_call(self, call: Call, callee: str) -> Iterator[Registration]:
        for entry in self._resolver.knowledge.entries(callee):
            if entry.kind != "entry-point" or entry.form != "call":
                continue
            for position in entry.callables:
                value = (
                    call.argument(position) if isinstance(position, int) else call.keyword(position)
                )
                given = self._functions(value, call.line)
                if given:
                    yield from self._known(callee, given, "call")
                    break

    def _known(self, name: str, given: tuple[str, ...], form: str) -> Iterator[Registration]:
        for entry in self._resolver.knowledge.entries(name):
            if entry.kind == "entry-point" and entry.form == form:
                yield Registration(
                    "entry", given, entry.label or "entry point", runs=entry.runs or "loop",
                    sync=entry.sync or "thread",
                )  # fmt: skip

    # -- keys

    def _key_of(self, call: Call) -> str:
        """The key of the name that a router is assigned to, or of the place where it is made."""
        facts = self._entry.facts
        made = f"{pack(call.target)}()"
        for binding in facts.self_bindings:
            if binding.line == call.line and made in pack(binding.path):
                return f"{self._place.path}:{facts.owner}.{binding.name}"
        for binding in facts.bindings:
            if binding.line == call.line and made in pack(binding.path):
                return origin(self._resolver, self._place, binding.name)
        return f"{self._entry.id}@{call.line}:{call.column}"

    def _holder(self, call: Call) -> str:
        """The key of the router, mount or list in which a route or mount is written."""
        around = [
            outer
            for outer in self._entry.facts.calls
            if is_inside(call, outer) and outer.target.rpartition(".")[2] in _HOLDERS
        ]
        if around:
            return self._key_of(around[-1])
        lists = [
            binding.name
            for binding in self._entry.facts.bindings
            if binding.line <= call.line and f"{pack(call.target)}()" in binding.path
        ]
        return origin(self._resolver, self._place, lists[-1]) if lists else ""

    def _listed(self, call: Call) -> list[str]:
        """Keys of lists of routes given by name."""
        return self._origins(call.keyword("routes"), call.line)

    def _origins(self, path: str | None, line: int) -> list[str]:
        if path is None or path[:1] in "'#*":
            return []
        return origins(self._resolver, self._place, path, line)

    # -- values

    def _is_router(self, place: Place, receiver: str, line: int) -> bool:
        value = self._resolver.resolve(place, receiver, line)
        if value is not None:
            return targets.is_router(self._resolver, value)
        return receiver in _APPLICATION_NAMES and self._is_handed(place, receiver)

    def _is_handed(self, place: Place, name: str) -> bool:
        """Whether `name` is a parameter without annotation, in a project that uses FastAPI."""
        table = self._resolver.tables[place.path]
        function = table.functions.get(place.function)
        while function is not None:
            self._resolver.seen.add(f"{function.id}<locals>")
            for parameter in function.facts.parameters:
                if parameter.name == name and not parameter.annotation:
                    return "fastapi" in self._resolver.knowledge.mentioned
            parent = function.facts.parent
            function = table.functions.get(parent) if parent else None
        return False

    def _value(self, path: str | None, line: int) -> Value:
        if path is None or path[:1] in "'#*" or path == UNKNOWN:
            return None
        return self._resolver.resolve(self._place, path, line)

    def _functions(self, path: str | None, line: int) -> tuple[str, ...]:
        """Ids of the functions that a value given to a framework stands for."""
        value = self._value(path, line)
        return tuple(dict.fromkeys(targets.called(self._resolver, value)))

    def _dependencies(self, place: Place, call: Call) -> tuple[str, ...]:
        given = call.keyword("dependencies")
        if given is None or given == UNKNOWN:
            return ()
        value = self._resolver.resolve(place, given, call.line)
        return tuple(targets.dependencies(self._resolver, value))


def _at_start(given: tuple[str, ...]) -> Registration:
    return Registration("entry", given, "start-up", runs="start-up", sync="start-up")


def _may_be_router(annotation: str, name: str) -> bool:
    tail = annotation.rpartition(".")[2]
    return (
        "Router" in tail
        or tail in ("FastAPI", "Starlette")
        or (not annotation and name in _APPLICATION_NAMES)
    )


def text_of(value: str | None) -> str:
    """The text of a literal argument, or an empty string."""
    return value[1:] if value is not None and value.startswith("'") else ""


def _method(name: str, call: Call) -> str:
    if name in _METHODS:
        return name.upper()
    if "websocket" in name:
        return "WEBSOCKET"
    given = text_of(call.keyword("methods")).upper().split()
    return "/".join(sorted(given)) or "GET"


def _is_framework(name: str) -> bool:
    return name.partition(".")[0] in ("fastapi", "starlette")
