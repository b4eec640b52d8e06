"""Whether a function can take what it builds from the application's lifespan instead, and where that is."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from unlag.finding import FixOffer, Safety
from unlag.knowledge import Entry
from unlag.project import contexts
from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.project.values import Function, each
from unlag.rules.places import chain_to, names_in
from unlag.rules.reuse._constants import binds, functions_around
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_APPLICATION = "fastapi.FastAPI"
_ELSEWHERE = frozenset({contexts.WORKER, contexts.SCRIPT, contexts.IMPORT})
_OF_CLIENTS = ("verify", "cert", "proxy", "proxies", "trust_env", "cookies", "auth")
"""What a client is given when it is built, or keeps for the next request."""
_CLOSING = frozenset({"close", "aclose", "disconnect"})
_SHARED = "all share its connections and cookies, and it stays open as long as the process"
Made = tuple[str, str]
"""The function that makes an application, and the path of the lifespan that it is given."""


def _made(index: Index, table: FileTable) -> tuple[Made, ...]:
    """The applications that a file makes."""
    found: list[Made] = []
    for qualname, entry in table.functions.items():
        for position, call in enumerate(entry.facts.calls):
            if call.target.endswith("FastAPI") and not index.is_test(table.path):
                callee = index.links[entry.id].callees[position]
                if index.knowledge.canonical(callee) == _APPLICATION:
                    found.append((qualname, call.keyword("lifespan") or ""))
    return tuple(found)


def _all(parts: Mapping[str, tuple[Made, ...]]) -> tuple[tuple[str, Made], ...]:
    return tuple((path, made) for path, items in parts.items() for made in items)


APPLICATIONS = Survey(_made, _all)


def offers(
    function: FunctionView, call: Call, client: Entry, varying: tuple[str, ...] = ()
) -> tuple[FixOffer, ...]:
    """The client in the lifespan of the project's one application, or in a function that remembers it.

    `varying` are options that go to each call of the client.
    """
    if client.form == "none":
        return ()
    if not call.flags & (facts.ENTERED | facts.ASYNC_ENTERED | facts.ASSIGNED):
        return _given_back(function, call) or _used_at_once(function, client, call)
    if _is_given_own(function, call, varying):
        return ()
    if varying:
        return _remembered(function, client, varying)
    return (*_in_lifespan(function, client), *_remembered(function, client))


def _is_given_own(function: FunctionView, call: Call, varying: tuple[str, ...]) -> bool:
    """Whether the client is given, but with each of its calls, what only the functions around it know."""
    made = chain_to(function.syntax(function.entry), call)[-1:]
    if not made or not isinstance(made[0], ast.Call):
        return False
    given = [*made[0].args, *(item.value for item in made[0].keywords if item.arg not in varying)]
    own = [function.facts, *functions_around(function)]
    return any(binds(item, name) for node in given for name in names_in(node) for item in own)


def _given_back(function: FunctionView, call: Call) -> tuple[FixOffer, ...]:
    """A cache above a plain function that does nothing but give the client."""
    item = function.facts
    does_more = len(item.calls) > 1 or item.bindings or item.decorators or item.imports
    is_plain = not (item.is_async or item.parameters or item.owner or item.parent or does_more)
    if not is_plain or not call.flags & facts.RETURNED or item.flags & facts.GENERATOR:
        return ()
    title = f"Cache `{item.name}` with `@lru_cache`: {_SHARED}"
    return (FixOffer(title, Safety.UNSAFE, "cache_function"),)


def _used_at_once(function: FunctionView, client: Entry, call: Call) -> tuple[FixOffer, ...]:
    """A cached function in place of a client of which a method or an item is used: `Client().get(...)`."""
    chain = chain_to(function.syntax(function.entry), call)
    match chain[-2:]:
        case (ast.Attribute(attr=name), ast.Call()) if name not in _CLOSING:
            return _remembered(function, client)
        case (ast.Subscript(), ast.Call()):
            return _remembered(function, client)
    return ()


def offers_of_call(function: FunctionView, call: Call) -> tuple[FixOffer, ...]:
    """The method of a client from a cached function, in place of a function that builds a client of its own."""
    is_bare = call.target.count(".") == 1 and not any(map(call.keyword, _OF_CLIENTS))
    if not is_bare or _ELSEWHERE.intersection(function.contexts):
        return ()
    title = f"Ask with one client, from a function under `@lru_cache`: {_SHARED}"
    return (FixOffer(title, Safety.UNSAFE, "call_of_client", _OF_CLIENTS),)


def _remembered(
    function: FunctionView, client: Entry, varying: tuple[str, ...] = ()
) -> tuple[FixOffer, ...]:
    """A cached function, where one process, and for coroutines one loop, runs all that asks it."""
    is_of_loop = function.facts.is_async or client.form == "async with"
    if _ELSEWHERE.intersection(function.contexts) or (
        is_of_loop and contexts.THREAD_POOL in function.contexts
    ):
        return ()
    title = f"Build one in a function under `@lru_cache`: {_SHARED}"
    if varying:
        title += f"; {', '.join(f'`{name}`' for name in varying)} with each call"
    return (FixOffer(title, Safety.UNSAFE, "cached_client", varying),)


def _in_lifespan(function: FunctionView, client: Entry) -> tuple[FixOffer, ...]:
    if not _is_given_requests(function):
        return ()
    where = _lifespan(function)
    if where is None:
        return ()
    title = "Build one in the lifespan, whose connections and cookies all requests then share"
    return (FixOffer(title, Safety.UNSAFE, "shared_client", (client.form, *where)),)


def _is_given_requests(function: FunctionView) -> bool:
    """Whether FastAPI alone calls the function, and would pass it the request."""
    item, index = function.facts, function.index
    if item.owner or index.is_called(function.entry.id):
        return False
    routes = index.routes.by_function.get(function.entry.id, ())
    return any(route.label == "route" for route in routes) or index.is_dependency(function.entry.id)


def _lifespan(function: FunctionView) -> tuple[str, ...] | None:
    """The file of the only application, and the file and name of its lifespan where it has one."""
    applications = function.survey(APPLICATIONS)
    if len(applications) != 1:
        return None
    path, (qualname, lifespan) = applications[0]
    if not lifespan or lifespan == "None":
        return (path,)
    for item in each(function.resolve(lifespan, 0, f"{path}:{qualname}")):
        if isinstance(item, Function):
            file, _, name = item.id.rpartition(":")
            return (path, file, name)
    return None
