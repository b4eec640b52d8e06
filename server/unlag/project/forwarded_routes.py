"""Functions of the project that hand a path and an endpoint on to a router: `self.app.add_api_route(path, endpoint)`.

The route is the caller's: there stand its path and the function that answers.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.project import keys
from unlag.project.passed import parameter_for
from unlag.project.resolver import Resolver
from unlag.project.table import FunctionEntry
from unlag.source.facts import Call, FunctionFacts, passed_value

ADDERS: frozenset[str] = frozenset(
    {"add_api_route", "add_route", "add_websocket_route", "add_api_websocket_route"}
)


class Forwarded(msgspec.Struct, frozen=True):
    """A route that a call adds through a function of the project."""

    through: FunctionEntry
    receiver: str
    """The router, by its name in that function."""
    call: Call
    """As if the router had been told where the function is called."""


def forwarded(resolver: Resolver, call: Call, callee: str) -> Iterator[Forwarded]:
    """The routes that a call of a function of the project adds."""
    if not any("'/" in item and passed_value(item)[:2] == "'/" for item in call.arguments):
        return  # no path: spares the look at what most calls call
    entry = resolver.function(callee)
    if entry is None:
        return
    resolver.seen.add(callee + keys.FORWARDS)
    given = {
        parameter_for(entry.facts, call, argument): passed_value(argument)
        for argument in call.arguments
    }
    for told in told_through(entry.facts):
        path, endpoint = told.argument(0, "path") or "", _endpoint(told)
        if endpoint not in given:
            continue
        handed = {path, endpoint}
        options = [f"{name}={given[name]}" for name in given if name and name not in handed]
        methods = _only(told.keyword("methods") or "")
        if methods in given:
            options.append(f"methods={given[methods]}")
        arguments = (given.get(path, path), given[endpoint], *options)
        as_told = msgspec.structs.replace(call, target=told.target, arguments=arguments)
        yield Forwarded(entry, told.target.rpartition(".")[0], as_told)


def told_through(item: FunctionFacts) -> list[Call]:
    """The calls that add a route whose endpoint is a parameter."""
    return [call for call in item.calls if _adds(call) and _endpoint(call) in _names(item)]


def _adds(call: Call) -> bool:
    return call.target[call.target.rfind(".") + 1 :] in ADDERS


def _endpoint(call: Call) -> str:
    return call.argument(1, "endpoint") or call.argument(1, "route") or ""


def _only(path: str) -> str:
    """The one item of a list, or the path itself."""
    return path.removeprefix("list(").removesuffix(")")


def _names(item: FunctionFacts) -> set[str]:
    return {parameter.name for parameter in item.parameters}
