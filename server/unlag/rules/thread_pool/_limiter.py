"""What the whole project says about its thread limiter, its applications and its default executor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from unlag.finding import FixOffer, Safety
from unlag.project import graph
from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.surveys import Survey, nothing
from unlag.project.table import FileTable
from unlag.project.values import Function
from unlag.rules.view import FunctionView
from unlag.source.facts import FunctionFacts
from unlag.source.scopes import MODULE

LIMITER = "anyio.to_thread.current_default_thread_limiter"
_MORE = "100"
_MADE_WITH = frozenset({"FastAPI", "fastapi"})
Names = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]


def _settings(index: Index, table: FileTable) -> Names:
    """Functions that give a limiter its number of tokens."""
    return tuple(
        function
        for name, places in table.global_bindings.items()
        if name.endswith(".total_tokens")
        for function, _, _ in places
    )


def _applications(index: Index, table: FileTable) -> Pairs:
    """Functions that make an application, with the name of the lifespan they give it."""
    if index.is_test(table.path) or _MADE_WITH.isdisjoint(table.imports):
        return ()
    return tuple(
        (entry.facts.qualname, lifespan)
        for entry in table.functions.values()
        for lifespan in _lifespans(entry.facts)
    )


def _lifespans(item: FunctionFacts) -> list[str]:
    made = (call for call in item.calls if call.target in ("FastAPI", "fastapi.FastAPI"))
    return [call.keyword("lifespan") or "" for call in made]


def _bounded(index: Index, table: FileTable) -> Names:
    """Dependencies that are given with a largest number at a time."""
    return _dependencies(table.functions[MODULE].facts)


def _dependencies(item: FunctionFacts) -> Names:
    return tuple(
        argument.removesuffix("()").rpartition(".")[2]
        for call in item.calls
        if call.keyword("max_concurrency") is not None
        and (argument := call.argument(0, "dependency"))
    )


def _by_path(parts: Mapping[str, Names]) -> Mapping[str, Names]:
    return parts


def _pairs_by_path(parts: Mapping[str, Pairs]) -> Mapping[str, Pairs]:
    return parts


def _together(parts: Mapping[str, Names]) -> frozenset[str]:
    return frozenset(name for names in parts.values() for name in names)


SETTINGS = Survey(_settings, _by_path, is_local=True, of_function=nothing)
APPLICATIONS = Survey(_applications, _pairs_by_path, is_local=True, of_function=_lifespans)
BOUNDED = Survey(_bounded, _together, is_local=True, of_function=_dependencies)


def is_raised(function: FunctionView) -> bool:
    """Whether the project gives the default limiter tokens of its own where a loop runs."""
    settings = function.survey(SETTINGS)
    ids = (f"{path}:{name}" for path, names in settings.items() for name in names)
    return any(not runs_without_loop(function.index, function_id) for function_id in ids)


def runs_without_loop(index: Index, function_id: str) -> bool:
    """Whether a plain function is only run before any event loop: at import, or by a script."""
    contexts = index.graph.contexts_of(function_id)
    if not contexts or not set(contexts) <= {graph.IMPORT, graph.SCRIPT}:
        return False
    return all(_is_plain_way(index, function_id, context) for context in contexts)


def _is_plain_way(index: Index, function_id: str, context: str) -> bool:
    """Whether no coroutine stands between a function and where Python or a shell starts."""
    visited: set[str] = set()
    while function_id not in visited and not index.is_async(function_id):
        visited.add(function_id)
        above = index.graph.above(function_id, context)
        if above is None or not above[0]:
            return True
        function_id, context = above
    return False


def raise_offers(function: FunctionView) -> tuple[FixOffer, ...]:
    """The fix that gives the limiter more tokens, where the application it belongs to is known."""
    where = lifespan_of(function)
    if where is None:
        return ()
    title = f"Raise the thread limiter to {_MORE} tokens, in the lifespan"
    return (FixOffer(title, Safety.UNSAFE, "raise_limiter", (*where, _MORE)),)


def lifespan_of(function: FunctionView) -> tuple[str, str] | None:
    """File and name of the lifespan of the nearest application; no name where it has none."""
    near = list(_nearest(function.entry.path, function.survey(APPLICATIONS)))
    if len(near) > 1:  # one that is mounted in another has no lifespan that runs
        near = [application for application in near if application[2]]
    if len(near) != 1:
        return None
    path, maker, lifespan = near[0]
    if not lifespan:
        return path, ""
    value = function.index.resolver.resolve(Place(path, maker), lifespan)
    if not isinstance(value, Function):
        return None
    file, _, qualname = value.id.rpartition(":")
    return file, qualname


def _nearest(path: str, found: Mapping[str, Pairs]) -> Iterator[tuple[str, str, str]]:
    """The applications that share most of their folders with a file."""
    shared = {other: len(os.path.commonpath((path, other))) for other in found}
    best = max(shared.values(), default=0)
    for other, pairs in found.items():
        if shared[other] == best:
            yield from ((other, maker, lifespan) for maker, lifespan in pairs)
