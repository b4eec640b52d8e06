"""Where a function tells a framework to call another one: routes, middleware, handlers, tasks.

Finds what one function's decorators and calls register; joining routers to applications is for
`routes`, and which function a value stands for is for `targets`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unlag.project import made_routers, targets
from unlag.project.foreign_routers import is_foreign_router
from unlag.project.forwarded_routes import ADDERS, forwarded
from unlag.project.given import Given, text_of
from unlag.project.hooks import hooks
from unlag.project.origins import origin
from unlag.project.overrides import overrides
from unlag.project.registration import Answer, Registration, at_start, known_entry
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.validated import of_endpoint
from unlag.project.values import External, Function, each
from unlag.project.wrapped import Wrapped, around, wrapped
from unlag.source.facts import Call, is_inside
from unlag.source.paths import UNKNOWN
from unlag.source.scopes import MODULE

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})
_DECORATORS = _METHODS | {"api_route", "websocket", "websocket_route", "route"}
_ROUTE_CLASSES = frozenset({"Route", "WebSocketRoute", "APIRoute", "APIWebSocketRoute"})
_ANSWERING = _METHODS | {"api_route", "add_api_route", "APIRoute"}
"""What makes FastAPI's own routes: their answers are validated and written as JSON."""
_OPTIONS = ("response_model_", "status_code=")
_OTHERS = frozenset(
    {"include_router", "mount", "add_middleware", "add_event_handler", "add_exception_handler",
     "middleware", "exception_handler", "on_event"}
)  # fmt: skip
_TELLING = ADDERS | _OTHERS | {"__init__"}
"""Last names of calls that can register something although nobody knows what is called."""
_MAKING = _ROUTE_CLASSES | {"Mount", "Middleware"}
"""Last names of what makes routes and middleware."""
_VIEWS = frozenset({"cbv", "View"})
"""Class decorators that make dependencies of class attributes."""


def registrations_of(
    resolver: Resolver, place: Place, entry: FunctionEntry, callees: Sequence[str]
) -> Iterator[Registration]:
    """Everything that the decorators of `entry` and the calls in its body register."""
    finder = _Finder(resolver, place, entry)
    outer = Place(entry.path, entry.facts.parent or MODULE, entry.facts.owner)
    for decorator in entry.facts.decorators:
        yield from finder.decorator(outer, decorator)
    if entry.facts.owner:
        yield from hooks(resolver, entry)
    for call, callee in zip(entry.facts.calls, callees, strict=True):
        if _may_tell(resolver, call, callee):
            yield from finder.call(call, callee)


def _may_tell(resolver: Resolver, call: Call, callee: str) -> bool:
    """Whether a call can register anything at all; most cannot."""
    target = call.target
    if target[-2:] == "()" or target[target.rfind(".") + 1 :] in _TELLING:
        return True
    if ":" in callee:
        return bool(call.arguments) or resolver.class_(callee) is not None
    if not callee:
        return False
    return (
        callee[callee.rfind(".") + 1 :] in _MAKING
        or resolver.knowledge.entry(callee, "entry-point") is not None
        or made_routers.is_made_by(resolver, callee)
    )


class _Finder:
    def __init__(self, resolver: Resolver, place: Place, entry: FunctionEntry) -> None:
        self._resolver = resolver
        self._place = place
        self._entry = entry
        self._given = Given(resolver, place, entry)

    # -- decorators

    def decorator(self, outer: Place, decorator: Call) -> Iterator[Registration]:
        receiver, _, name = decorator.target.rpartition(".")
        target = (self._entry.id,)
        is_told = receiver and (name in _DECORATORS or name in _OTHERS)
        if is_told and (
            self._given.is_router(outer, receiver, 0)
            or (name in _DECORATORS and self._is_foreign(outer, decorator))
        ):
            yield from self._routed(outer, decorator, receiver, name, target)
            return
        for item in each(self._resolver.resolve(outer, decorator.target)):
            if isinstance(item, External):
                for entry in self._resolver.knowledge.entries(item.name):
                    if entry.kind == "entry-point" and entry.form == "decorator":
                        yield known_entry(entry, target)

    def _is_foreign(self, outer: Place, decorator: Call) -> bool:
        return is_foreign_router(self._resolver, outer, decorator, self._entry)

    def _routed(
        self, place: Place, call: Call, receiver: str, name: str, target: tuple[str, ...]
    ) -> Iterator[Registration]:
        if name in _DECORATORS:
            answer = self._answer(place, call, self._entry) if name in _ANSWERING else None
            yield Registration(
                "route",
                target,
                "websocket" if "websocket" in name else "route",
                _method(name, call),
                self._given.route(call, place),
                origin(self._resolver, place, receiver),
                dependencies=(*self._given.dependencies(place, call), *self._of_view()),
                answer=answer,
            )
            for endpoint in target if name in _ANSWERING else ():
                yield from of_endpoint(self._resolver, endpoint, answer)
        elif name == "on_event":
            yield at_start(target)
        elif name in ("middleware", "exception_handler"):
            sync = "thread" if name == "exception_handler" else "loop"
            yield Registration("entry", target, name.replace("_", " "), sync=sync)

    def _answer(self, place: Place, call: Call, endpoint: FunctionEntry | None) -> Answer:
        """What a route's decorator or call, written at `place`, says of its answers."""
        if endpoint is not None:
            self._resolver.seen.add(endpoint.id)
        options = [item for item in call.arguments if item.startswith(_OPTIONS)]
        return Answer(
            f"{place.path}:{place.function}",
            call.keyword("response_model") or "",
            call.keyword("response_class") or "",
            tuple(options),
            endpoint.facts.returns if endpoint is not None else "",
        )

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
            yield from made_routers.inherited(self._given, call)
        elif name.endswith("()"):
            yield from self._decorating_call(call, receiver, name[:-2])
        elif receiver and (name in ADDERS or name in _OTHERS):
            if self._given.is_router(self._place, receiver, call.line):
                yield from self._on_router(call, receiver, name)
        if ":" in callee:
            yield from made_routers.constructed(self._given, call, callee)
            yield from made_routers.handed_on(self._given, call, callee)
            yield from self._forwarded(call, callee)
            return
        tail = callee.rpartition(".")[2]
        if tail in _ROUTE_CLASSES and _is_framework(callee):
            yield from self._route_object(call, tail)
        elif tail == "Mount" and _is_framework(callee):
            given = self._given
            yield from made_routers.mount(given, call, given.key_of(call), given.holder(call))
        elif tail == "Middleware" and _is_framework(callee):
            yield self._middleware(call)
        elif made_routers.is_made_by(self._resolver, callee):
            yield from made_routers.constructed(self._given, call, callee)
        elif callee:
            yield from self._known_call(call, callee)

    def _decorating_call(self, call: Call, receiver: str, name: str) -> Iterator[Registration]:
        """`app.get("/x")(endpoint)`: a decorator written as a call."""
        if not receiver or name not in (_DECORATORS | _OTHERS) or not call.arguments:
            return
        if not self._given.is_router(self._place, receiver, call.line):
            return
        handed = self._wrapped(call, call.arguments[0])
        given = (handed.id,) if handed else self._given.functions(call.arguments[0], call.line)
        yield from around(handed)
        inner = [c for c in self._entry.facts.calls if c.target == f"{receiver}.{name}"]
        for made in inner:
            if is_inside(made, call):
                yield from self._routed(self._place, made, receiver, name, given)
                return

    def _on_router(self, call: Call, receiver: str, name: str) -> Iterator[Registration]:
        router = origin(self._resolver, self._place, receiver)
        if name in ADDERS:
            yield from self._added(call, name, router)
        elif name == "include_router":
            yield from self._include(call, router)
        elif name == "mount":
            yield from made_routers.mount(self._given, call, self._given.key_of(call), router)
        elif name == "add_middleware":
            yield self._middleware(call)
        elif name == "add_event_handler":
            yield at_start(self._given.functions(call.argument(1), call.line))
        elif name == "add_exception_handler":
            given = self._given.functions(call.argument(1), call.line)
            yield Registration("entry", given, "exception handler")

    def _added(self, call: Call, name: str, router: str) -> Iterator[Registration]:
        label = "websocket" if "websocket" in name else "route"
        endpoint = call.argument(1, "endpoint") or call.argument(1, "route")
        yield from self._routes(call, endpoint, label, _method(name, call), router)

    def _forwarded(self, call: Call, callee: str) -> Iterator[Registration]:
        """`self.add("/x", self.read)`, where `add` tells a router."""
        for item in forwarded(self._resolver, call, callee):
            facts = item.through.facts
            place = Place(item.through.path, facts.qualname, facts.owner)
            told = Given(self._resolver, place, item.through)
            if told.is_router(place, item.receiver, facts.end_line):
                router = origin(self._resolver, place, item.receiver)
                yield from self._added(item.call, item.call.target.rpartition(".")[2], router)

    def _include(self, call: Call, parent: str) -> Iterator[Registration]:
        keys = self._given.origins(call.argument(0, "router"), call.line)
        prefixes = self._given.prefixes(call.keyword("prefix"), call.line)
        if len(prefixes) != len(keys):
            prefixes = (prefixes if len(prefixes) == 1 else [UNKNOWN]) * len(keys)
        added = self._given.dependencies(self._place, call)
        answer = self._given.answer(call)
        for key, prefix in zip(keys, prefixes, strict=True):
            yield Registration(
                "include", (), route=prefix, router=key, parent=parent, dependencies=added,
                answer=answer,
            )  # fmt: skip

    def _routes(
        self, call: Call, endpoint: str | None, label: str, method: str, router: str
    ) -> Iterator[Registration]:
        """A route for a function; for a class of endpoints, one for each of its methods."""
        handed = self._wrapped(call, endpoint)
        value = Function(handed.id) if handed else self._given.value(endpoint, call.line)
        yield from around(handed)
        route = self._given.route(call)
        added = self._given.dependencies(self._place, call)
        is_answering = call.target.rpartition(".")[2] in _ANSWERING
        found = targets.endpoints(self._resolver, value)
        if endpoint is not None and endpoint.startswith("self."):
            found = self._with_overrides(found)
        for target, verb in dict.fromkeys(found):
            entry = self._resolver.function(target)
            answer = self._answer(self._place, call, entry) if is_answering else None
            yield Registration(
                "route", (target,), label, verb or method, route, router, dependencies=added,
                answer=answer,
            )  # fmt: skip
            if is_answering:
                yield from of_endpoint(self._resolver, target, answer)

    def _with_overrides(self, found: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Methods, and those that stand for them in subclasses: `self.read` is of any of these classes."""
        for target, verb in found:
            yield target, verb
            entry = self._resolver.function(target)
            for other in overrides(self._resolver, entry) if entry and entry.facts.owner else ():
                yield other.id, verb

    def _wrapped(self, call: Call, path: str | None) -> Wrapped | None:
        return wrapped(self._resolver, self._place, self._entry, call, path)

    def _route_object(self, call: Call, tail: str) -> Iterator[Registration]:
        label = "websocket" if "WebSocket" in tail else "route"
        method = _method(label, call)
        endpoint = call.argument(1, "endpoint")
        yield from self._routes(call, endpoint, label, method, self._given.holder(call))

    def _middleware(self, call: Call) -> Registration:
        given = self._given.functions(call.keyword("dispatch"), call.line)
        if not given:
            value = self._given.value(call.argument(0, "middleware_class"), call.line)
            backend = self._given.value(call.keyword("backend"), call.line)
            given = (
                *targets.middleware(self._resolver, value),
                *targets.authentication(self._resolver, backend),
            )
        return Registration("entry", given, "middleware", sync="loop")

    def _known_call(self, call: Call, callee: str) -> Iterator[Registration]:
        for entry in self._resolver.knowledge.entries(callee):
            if entry.kind != "entry-point" or entry.form != "call":
                continue
            for position in entry.callables:
                value = (
                    call.argument(position) if isinstance(position, int) else call.keyword(position)
                )
                given = self._given.functions(value, call.line)
                if given:
                    yield known_entry(entry, given)
                    break


def _method(name: str, call: Call) -> str:
    if name in _METHODS:
        return name.upper()
    if "websocket" in name:
        return "WEBSOCKET"
    given = text_of(call.keyword("methods")).upper().split()
    return "/".join(sorted(given)) or "GET"


def _is_framework(name: str) -> bool:
    return name.partition(".")[0] in ("fastapi", "starlette")
