"""Routers that packages outside the project make, known by what FastAPI does for the functions under them."""

from __future__ import annotations

from unlag.project.made_routers import is_made_by
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Annotated,
    Collection,
    Dependency,
    External,
    ExternalInstance,
    Value,
    each,
)
from unlag.source.facts import Call
from unlag.source.paths import UNKNOWN

_FILLED = frozenset({"Request", "WebSocket", "HTTPConnection", "BackgroundTasks", "UploadFile"})
"""Types whose parameters FastAPI and Starlette fill by themselves."""


def is_foreign_router(
    resolver: Resolver, outer: Place, decorator: Call, entry: FunctionEntry
) -> bool:
    """Whether nobody knows what `decorator`, at `outer`, is, but FastAPI injects something under it: its router."""
    for item in each(resolver.resolve(outer, decorator.target)):
        if item is None:
            continue
        if not isinstance(item, External) or resolver.knowledge.entries(item.name):
            return False
    if _is_of_router_class(resolver, outer, decorator.target.rpartition(".")[0]):
        return True
    given = decorator.keyword("dependencies")
    if given and given != UNKNOWN and _is_dependency(resolver.resolve(outer, given)):
        return True
    return any(
        resolver.dependencies(outer, item) or _is_filled(resolver.resolve(outer, item.annotation))
        for item in entry.facts.parameters
    )


def _is_of_router_class(resolver: Resolver, outer: Place, name: str) -> bool:
    """Whether a name of the module is made of a package's own class of routers, in a project that uses FastAPI."""
    if "fastapi" not in resolver.knowledge.mentioned:
        return False
    resolver.seen.add(f"{outer.path}:{name}")
    made = resolver.tables[outer.path].bindings.get(name, ())
    classes = [resolver.resolve(outer, path[:-2]) for path in made if path.endswith("()")]
    return bool(classes) and all(
        isinstance(item, External) and is_made_by(resolver, item.name) for item in classes
    )


def _is_dependency(value: Value) -> bool:
    return any(
        isinstance(item, Dependency)
        or (isinstance(item, Collection) and _is_dependency(item.element))
        for item in each(value)
    )


def _is_filled(value: Value) -> bool:
    for item in each(value):
        declared = item.type if isinstance(item, Annotated) else item
        if isinstance(declared, External | ExternalInstance):
            package, _, name = declared.name.partition(".")
            if package in ("fastapi", "starlette") and name.rpartition(".")[2] in _FILLED:
                return True
    return False
