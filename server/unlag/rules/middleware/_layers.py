"""The layers that the project puts around its requests, as far as they are `BaseHTTPMiddleware`.

Which functions frameworks call as middleware the project's routes say; what they are made of is asked here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import accumulate

from unlag.project.index import Index
from unlag.project.table import FunctionEntry
from unlag.rules.places import names_in
from unlag.rules.view import FunctionView
from unlag.source.dispatch import Parts, parts_of
from unlag.source.running import own_nodes, running

BASES = frozenset(
    {
        "starlette.middleware.base.BaseHTTPMiddleware",
        "fastapi.middleware.base.BaseHTTPMiddleware",
    }
)
_BODIES_OF_REQUESTS = frozenset({"body", "json", "form", "stream", "receive"})
_BODIES_OF_RESPONSES = frozenset({"body_iterator", "body"})


def is_dispatch(index: Index, entry: FunctionEntry) -> bool:
    """Whether a function is the `dispatch` of a class made from `BaseHTTPMiddleware`."""
    item = entry.facts
    if item.name != "dispatch" or not item.owner or not item.is_async:
        return False
    bases = index.resolver.outside_bases(f"{entry.path}:{item.owner}")
    return not BASES.isdisjoint(bases)


def is_registered(index: Index, function_id: str) -> bool:
    """Whether an application is told to use a function as middleware."""
    routes = index.routes.by_function.get(function_id, ())
    return any(route.label == "middleware" for route in routes)


def number_of_layers(index: Index) -> int:
    """How many such layers the project's applications are given."""
    return sum(
        1
        for route in index.routes.routes
        if route.label == "middleware"
        and (entry := index.function(route.function)) is not None
        and (not entry.facts.owner or is_dispatch(index, entry))
        and entry.facts.is_async
        and len(entry.facts.parameters) == 2 + bool(entry.facts.owner)
    )


def touches_bodies(function: FunctionView) -> bool:
    """Whether a middleware reads or rewrites the body of the request or of the response."""
    names = [item.name for item in function.facts.parameters if item.name != "self"]
    calls = function.facts.calls
    request = names[0] if names else ""
    reads = {f"{request}.{member}" for member in _BODIES_OF_REQUESTS}
    if any(call.target in reads for call in calls):
        return True
    if any(read.path.rpartition(".")[2] == "body_iterator" for read in function.facts.reads):
        return True
    syntax = function.syntax(function.entry)
    return syntax is not None and any(
        isinstance(node, ast.Attribute) and node.attr == "body_iterator"
        for node in ast.walk(syntax.node)
    )


def can_be_taken_apart(function: FunctionView) -> bool:
    """Whether what a middleware does before and after the application's own work is seen."""
    syntax = function.syntax(function.entry)
    if syntax is None or not isinstance(syntax.node, ast.AsyncFunctionDef):
        return False
    if not function.facts.owner and "self" in names_in(syntax.node):
        return False  # that of a method around it, which a method of another class hides
    return isinstance(parts_of(syntax.node, lambda name: _named(function, name)), Parts)


def ends_around_the_application(function: FunctionView) -> bool:
    """Whether a `finally` or a `with` of the middleware ends once the application's answer is there."""
    syntax = function.syntax(function.entry)
    if syntax is None:
        return False
    call_next = function.facts.parameters[-1].name
    return any(
        isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Name)
        and inner.func.id == call_next
        for outer in own_nodes(syntax.node)
        if isinstance(outer, ast.With | ast.AsyncWith)
        or (isinstance(outer, ast.Try) and outer.finalbody)
        for inner in running(outer.body)
    )


def _named(function: FunctionView, name: str) -> Iterator[ast.AST]:
    """The functions of the same file that a name can mean where a function stands, or behind `self`."""
    functions = function.index.tables[function.entry.path].functions
    around = accumulate(function.facts.qualname.split(".")[:-1], "{}.{}".format)
    for prefix in ("", *(f"{outer}." for outer in around)):
        entry = functions.get(f"{prefix}{name}")
        syntax = function.syntax(entry) if entry is not None else None
        if syntax is not None:
            yield syntax.node
