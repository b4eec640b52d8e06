"""Endpoints that stand within a call of a function of the project: `app.add_api_route("/x", limited(read))`.

What answers is the function given to that call, if it gives it back, or a function that calls it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.project import keys
from unlag.project.passed import parameter_for
from unlag.project.registration import Registration
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.values import Function, each
from unlag.source.facts import Call, is_inside, passed_value
from unlag.source.paths import is_dotted, opening


class Wrapped(msgspec.Struct, frozen=True, gc=False):
    """A function that was given to another one, which made an endpoint of it."""

    id: str
    around: str
    """The function that calls it for each request, or empty where it is the endpoint itself."""


def wrapped(
    resolver: Resolver, place: Place, entry: FunctionEntry, call: Call, path: str | None
) -> Wrapped | None:
    """The function within `path`, an argument of `call` in `entry`, that answers; None where none is seen to."""
    if path is None or path[-1:] != ")":
        return None
    callee = path[: opening(path)]
    for inner in entry.facts.calls:
        if inner.target == callee and inner.arguments and is_inside(inner, call):
            for item in each(resolver.resolve(place, inner.target, inner.line)):
                wrapping = resolver.function(item.id) if isinstance(item, Function) else None
                for found in _handed(resolver, place, inner, wrapping) if wrapping else ():
                    return found
    return None


def around(handed: Wrapped | None) -> Iterator[Registration]:
    """What runs around the endpoint for each of its requests."""
    if handed is not None and handed.around:
        yield Registration("entry", (handed.around,), "route handler")


def _handed(
    resolver: Resolver, place: Place, call: Call, wrapping: FunctionEntry
) -> Iterator[Wrapped]:
    resolver.seen.update((wrapping.id, wrapping.id + keys.PARAMETERS, f"{wrapping.id}{{}}"))
    for argument in call.arguments:
        path, name = passed_value(argument), parameter_for(wrapping.facts, call, argument)
        if not name or not is_dotted(path):
            continue
        for item in each(resolver.resolve(place, path, call.line)):
            handed = resolver.function(item.id) if isinstance(item, Function) else None
            if handed is None:
                continue
            resolver.seen.add(handed.id)
            outside = _outside(resolver, wrapping, name, is_async=handed.facts.is_async)
            if outside is not None:
                yield Wrapped(handed.id, outside)


def _outside(
    resolver: Resolver, wrapping: FunctionEntry, name: str, *, is_async: bool
) -> str | None:
    """What a function makes of its parameter: nothing new, or a function inside it that calls it as it is."""
    results = wrapping.facts.results
    if results and all(result == name for result in results):
        return ""
    table = resolver.tables[wrapping.path]
    outer = wrapping.id.rpartition(":")[2]
    for result in results:
        resolver.seen.add(f"{wrapping.id}.{result}")
        inner = table.functions.get(f"{outer}.{result}")
        if inner is None or inner.facts.is_async != is_async:
            continue
        if any(call.target == name for call in inner.facts.calls):
            return inner.id
    return None
