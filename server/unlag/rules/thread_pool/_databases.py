"""Which endpoints ask a database in a thread, and which engines they share."""

from __future__ import annotations

from unlag.project import graph
from unlag.project.index import Index
from unlag.project.routes import Route
from unlag.rules.view import FunctionView
from unlag.source.facts import Call, passed_value
from unlag.source.paths import root
from unlag.source.scopes import MODULE

_LIBRARIES = ("sqlalchemy.", "sqlmodel.")
_LONGEST_WAY = 60


def endpoints_with_database(index: Index) -> int:
    """Endpoints that ask a database through SQLAlchemy in a thread, themselves or in a dependency."""
    return index.remember((endpoints_with_database,), lambda: _endpoints_asking(index))


def _endpoints_asking(index: Index) -> int:
    asking = {
        route.function
        for route in index.routes.routes
        if route.method and any(_asks(index, name) for name in _in_threads(index, route))
    }
    return len(asking)


def is_for_requests(function: FunctionView, call: Call) -> bool:
    """Whether an engine is made once, in a file that functions serving requests use."""
    index = function.index
    runs_in = index.graph.contexts_of(function.entry.id)
    if function.name != MODULE and (not runs_in or index.graph.serves(function.entry.id)):
        return False  # made by nobody, or for one request: that is another fault
    if _is_thrown_away(function, call):
        return False
    made = {binding.name for binding in function.facts.bindings if binding.line == call.line}
    table = index.tables[function.entry.path]
    if any(index.graph.serves(entry.id) for entry in table.functions.values()):
        return bool(made) or function.name != MODULE
    return any(_is_used_by(index, other, table.stem) for other in index.tables)


def _is_thrown_away(function: FunctionView, call: Call) -> bool:
    """Whether a function keeps the engine in a name of its own, and hands it to nobody."""
    item = function.facts
    names = {binding.name for binding in item.bindings if binding.line == call.line}
    if function.name == MODULE or not names:
        return False
    kept = (*item.self_bindings, *item.global_bindings)
    paths = [*item.results, *item.yields, *(binding.path for binding in kept)]
    paths += [passed_value(argument) for other in item.calls for argument in other.arguments]
    return not any(root(path.lstrip("*")) in names for path in paths)


def _is_used_by(index: Index, path: str, stem: str) -> bool:
    """Whether a file imports the module at `stem` and has functions that serve requests."""
    table = index.tables[path]
    module = stem.rpartition("/")[2]
    imports = (item for items in table.imports.values() for item in items)
    if not any(module in (item.module.rpartition(".")[2], item.attribute) for item in imports):
        return False
    return any(index.graph.serves(entry.id) for entry in table.functions.values())


def _in_threads(index: Index, route: Route) -> list[str]:
    found = [name for name in index.dependencies_of(route) if not index.is_async(name)]
    return [route.function, *found] if route.context == graph.THREAD_POOL else found


def _asks(index: Index, function_id: str) -> bool:
    """Whether the nearest thing that a plain function waits for is the database."""
    reaches = index.graph.reaches["blocking"]
    reach = reaches.get(function_id)
    for _ in range(_LONGEST_WAY):
        if reach is None:
            return False
        links = index.links[function_id]
        if reach.hazard >= 0:
            return links.hazards[reach.hazard].name.startswith(_LIBRARIES)
        function_id = links.edges[reach.edge].target
        reach = reaches.get(function_id)
    return False
