"""How often one request goes to a thread and back: its endpoint, its dependencies, its response model.

Counts what the framework does itself, measured alike from FastAPI 0.95 to 0.165; what the project's own
code hands to threads is not in it.
"""

from __future__ import annotations

from unlag.project import graph
from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.routes import Route
from unlag.project.table import FunctionEntry
from unlag.project.values import Annotated, Class, External, ExternalInstance, Instance, each
from unlag.source import facts
from unlag.source.scopes import MODULE

_RESPONSES = frozenset({"starlette.responses.Response", "fastapi.responses.ORJSONResponse"})
_RESPONSE_MODULES = ("starlette.responses.", "fastapi.responses.", "starlette.templating.")
_WEBSOCKET = "websocket"


def of_route(index: Index, route: Route) -> int:
    """Hops of one request to a route."""
    return of_dependencies(index, route) + of_endpoint(index, route)


def of_endpoint(index: Index, route: Route) -> int:
    """None for a coroutine; one for a `def`, and one more to validate what it returns."""
    if route.context != graph.THREAD_POOL or route.label == _WEBSOCKET:
        return 0
    entry = index.function(route.function)
    return 1 + int(entry is not None and is_validated(index, entry))


def of_dependencies(index: Index, route: Route) -> int:
    """What FastAPI calls before the endpoint, each once a request."""
    return sum(of_dependency(index, target) for target in index.dependencies_of(route))


def of_dependency(index: Index, target: str) -> int:
    """None for a coroutine, two for a generator: to enter it and to leave it."""
    entry = index.function(target)
    if entry is None:
        return 1  # a class without a constructor of its own
    if entry.facts.is_async:
        return 0
    return 2 if entry.facts.flags & facts.GENERATOR else 1


def is_validated(index: Index, entry: FunctionEntry) -> bool:
    """Whether FastAPI validates what an endpoint returns against a response model."""
    for decorator in entry.facts.decorators:
        model = decorator.keyword("response_model")
        if model is not None:
            return model != "None" and not _gives_responses(index, entry)
    if entry.facts.returns in ("", "None"):
        return False
    place = Place(entry.path, entry.facts.parent or MODULE)
    declared = each(index.resolver.resolve(place, entry.facts.returns))
    if any(_is_response(index, value) for value in declared):
        return False
    return not _gives_responses(index, entry)


def _gives_responses(index: Index, entry: FunctionEntry) -> bool:
    """Whether every result is a response already, which FastAPI passes on as it is."""
    results = entry.facts.results
    place = Place(entry.path, entry.id.rpartition(":")[2])
    line = entry.facts.end_line
    return bool(results) and all(
        all(_is_response(index, value) for value in each(index.resolver.resolve(place, path, line)))
        for path in results
    )


def _is_response(index: Index, value: object) -> bool:
    if isinstance(value, Annotated):
        value = value.type
    if isinstance(value, Class | Instance):
        return any(
            _is_response_name(index, base) for base in index.resolver.outside_bases(value.id)
        )
    return isinstance(value, External | ExternalInstance) and _is_response_name(index, value.name)


def _is_response_name(index: Index, name: str) -> bool:
    canonical = index.knowledge.canonical(name)
    return index.knowledge.is_a(canonical, _RESPONSES) or canonical.startswith(_RESPONSE_MODULES)
