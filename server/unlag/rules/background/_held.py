"""Which parameters of a route function hold a database session until the request's dependencies end.

Follows dependencies of dependencies. Those that say `scope="function"` end before the response is sent.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.project.resolver import Place
from unlag.project.table import FunctionEntry
from unlag.project.targets import injected
from unlag.project.values import Annotated, Collection, Context, Dependency, ExternalInstance, each
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Parameter
from unlag.source.scopes import MODULE

_SESSIONS = frozenset(
    {"sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.Connection",
     "sqlalchemy.ext.asyncio.AsyncConnection", "asyncpg.Connection", "psycopg.Connection",
     "psycopg.AsyncConnection", "psycopg2.extensions.connection", "aiosqlite.Connection"}
)  # fmt: skip
_DEEPEST = 5


class Held(msgspec.Struct, frozen=True):
    """A session that a parameter brings with it."""

    parameter: Parameter
    dependency: str
    """The function that opens and closes it."""
    kind: str
    """The session's class: `Session`."""
    is_own: bool
    """Whether the parameter asks for it directly, in this very signature."""
    alias: tuple[str, str, str] | None = None
    """Where the annotation is a name for `Annotated[..., Depends(...)]`: its file, what it is called there,
    and the module that this file imports it from, empty where it is the same file."""


def held_sessions(function: FunctionView) -> tuple[Held, ...]:
    """Every session that stays open for the function until background tasks and streams have ended."""
    return tuple(_of_parameters(function, function.entry))


def _of_parameters(function: FunctionView, entry: FunctionEntry) -> Iterator[Held]:
    for parameter in entry.facts.parameters:
        for target in _targets(function, entry, parameter):
            found = _opened_by(function, target, 0, set())
            if found is not None:
                dependency, kind = found
                is_direct = dependency == target
                is_written = "Depends(" in parameter.annotation + parameter.default
                alias = None if is_written or not is_direct else _alias(function, parameter)
                yield Held(parameter, dependency, kind, is_direct and is_written, alias)
                break


def _alias(function: FunctionView, parameter: Parameter) -> tuple[str, str, str] | None:
    """Where the name that a parameter has for its annotation is defined."""
    name, path = parameter.annotation, function.entry.path
    if not name.isidentifier() or parameter.default:
        return None
    table = function.index.tables[path]
    imported = table.imports.get(name, ())
    if not imported:
        return (path, name, "") if name in table.bindings else None
    item = imported[0]
    if len(imported) > 1 or not item.attribute or not item.module:
        return None
    file = function.index.resolver.imported_file(path, item)
    return None if file is None else (file, item.attribute, "." * item.level + item.module)


def _targets(function: FunctionView, entry: FunctionEntry, parameter: Parameter) -> Iterator[str]:
    """What FastAPI calls for a parameter and ends after the response."""
    texts = [text for text in (parameter.default, parameter.annotation) if _can_depend(text)]
    if not texts:
        return
    resolver = function.index.resolver
    place = Place(entry.path, entry.facts.parent or MODULE)
    for text in texts:
        for value in each(resolver.resolve(place, text)):
            dependency = value.dependency if isinstance(value, Annotated) else value
            if isinstance(dependency, Dependency) and dependency.ends_early:
                return
    for target in resolver.dependencies(place, parameter):
        yield from injected(resolver, target)


def _can_depend(text: str) -> bool:
    return bool(text) and text[0] not in "'#" and text not in ("None", "True", "False")


def _opened_by(
    function: FunctionView, function_id: str, depth: int, visited: set[str]
) -> tuple[str, str] | None:
    """The generator that yields a session, among a dependency and its own dependencies."""
    entry = function.index.function(function_id)
    if entry is None or depth > _DEEPEST or function_id in visited:
        return None
    visited.add(function_id)
    if entry.facts.flags & facts.GENERATOR or entry.facts.decorators:
        kind = _yielded(function, entry)
        if kind:
            return function_id, kind
    for parameter in entry.facts.parameters:
        for target in _targets(function, entry, parameter):
            found = _opened_by(function, target, depth + 1, visited)
            if found is not None:
                return found
    return None


def _yielded(function: FunctionView, entry: FunctionEntry) -> str:
    """The class of the session that a generator yields, or an empty string."""
    if not entry.facts.flags & facts.GENERATOR:
        return ""
    resolver = function.index.resolver
    place = Place(entry.path, entry.id.rpartition(":")[2])
    values = [resolver.resolve(place, path, entry.facts.end_line) for path in entry.facts.yields]
    if entry.facts.returns:
        outer = Place(entry.path, entry.facts.parent or MODULE)
        made = resolver.instance_of(outer, entry.facts.returns)
        values.append(made.element if isinstance(made, Collection) else made)
    for value in values:
        for item in each(value.value if isinstance(value, Context) else value):
            if isinstance(item, ExternalInstance) and function.knowledge.is_a(item.name, _SESSIONS):
                return item.name.rpartition(".")[2]
    return ""
