"""Routers where they are made, mounted and handed on: which one ends up in which."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.project import keys, targets
from unlag.project.given import Given
from unlag.project.interface import router_names
from unlag.project.origins import parameter_key, self_key
from unlag.project.passed import parameter_for
from unlag.project.registration import Registration, at_start
from unlag.project.resolver import Resolver
from unlag.project.values import Class, Function, Instance, each
from unlag.source.facts import Call, passed_value


def mount(given: Given, call: Call, key: str, parent: str) -> Iterator[Registration]:
    """Routers, lists of routes and bare ASGI applications under a path."""
    for prefix in given.prefixes(call.argument(0, "path"), call.line):
        yield Registration("include", (), route=prefix, router=key, parent=parent)
    app = call.argument(1, "app")
    for inner in (*given.origins(app, call.line), *given.listed(call)):
        yield Registration("include", (), router=inner, parent=key)
    value = given.value(app, call.line)
    if value is not None and not targets.is_router(given.resolver, value):
        functions = tuple(targets.called(given.resolver, value))
        if functions:
            yield Registration("entry", functions, "mounted application", sync="loop")


def is_made_by(resolver: Resolver, callee: str) -> bool:
    """Whether `callee` is the framework's, or a package's own class of routers, which takes its prefix as they do."""
    if resolver.knowledge.canonical(callee) in targets.ROUTERS:
        return True
    return callee.endswith("Router") and not resolver.knowledge.entries(callee)


def constructed(given: Given, call: Call, callee: str) -> Iterator[Registration]:
    """`FastAPI(...)`, `APIRouter(...)` or a class of the project that inherits from one."""
    resolver = given.resolver
    is_own = ":" in callee
    if is_own:
        if resolver.class_(callee) is None or not targets.is_router(resolver, Instance(callee)):
            return
    key = given.key_of(call)
    if is_own:
        for class_id in _constructors(resolver, callee):
            yield Registration("include", (), router=self_key(class_id), parent=key)
            yield Registration("base", (), router=key, parent=f"{class_id}<base>")
    yield _router(given, call, key)
    for name in given.listed(call):
        yield Registration("include", (), router=name, parent=key)
    yield from _route_handlers(given, call)
    yield from _given_to_application(given, call)


def inherited(given: Given, call: Call) -> Iterator[Registration]:
    """What the constructor of a router class passes on to the framework's."""
    item = given.entry.facts
    class_id = f"{given.entry.path}:{item.owner}"
    if item.name == "__init__" and targets.is_router(given.resolver, Instance(class_id)):
        yield _router(given, call, f"{class_id}<base>")
        yield from _given_to_application(given, call)


def handed_on(given: Given, call: Call, callee: str) -> Iterator[Registration]:
    """A router passed to a function of the project, which adds to it under a name of its own."""
    entry = given.resolver.function(callee) if call.arguments else None
    if entry is None:
        return
    given.resolver.seen.add(callee + keys.ROUTERS)
    routers = router_names(entry.facts.parameters)
    if routers:
        given.resolver.seen.add(callee + keys.PARAMETERS)
    for argument in call.arguments if routers else ():
        name = parameter_for(entry.facts, call, argument)
        if name not in routers:
            continue
        path = passed_value(argument)
        for key in given.origins(path, call.line):
            inner = parameter_key(entry.id, name)
            yield Registration("include", (), router=inner, parent=key)


def _router(given: Given, call: Call, key: str) -> Registration:
    prefix = given.text(call.keyword("prefix"), call.line)
    added = given.dependencies(given.place, call)
    answer = given.answer(call)
    return Registration("router", (), route=prefix, router=key, dependencies=added, answer=answer)


def _route_handlers(given: Given, call: Call) -> Iterator[Registration]:
    """What a route class of the project makes, which stands around the endpoints of the router."""
    resolver = given.resolver
    for item in each(given.value(call.keyword("route_class"), call.line)):
        made = resolver.method(item.id, "get_route_handler") if isinstance(item, Class) else None
        if made is None:
            continue
        functions = tuple(targets.called(resolver, resolver.result(Function(made.id))))
        if functions:
            yield Registration("entry", functions, "route handler", sync="loop")


def _given_to_application(given: Given, call: Call) -> Iterator[Registration]:
    for keyword in ("lifespan", "on_startup", "on_shutdown"):
        functions = given.functions(call.keyword(keyword), call.line)
        if functions:
            yield at_start(functions)
    handlers = given.functions(call.keyword("exception_handlers"), call.line)
    if handlers:
        yield Registration("entry", handlers, "exception handler")


def _constructors(resolver: Resolver, class_id: str) -> Iterator[str]:
    """A router class and those of the project it inherits from."""
    pending = [class_id]
    visited: set[str] = set()
    while pending:
        current = resolver.class_(pending.pop())
        if current is None or current.id in visited:
            continue
        visited.add(current.id)
        yield current.id
        bases = resolver.bases(current)
        pending.extend(base.id for base in bases if isinstance(base, Class))
