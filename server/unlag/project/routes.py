"""Routers joined to applications: full paths, the dependencies routers add, and the entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import msgspec

from unlag.project import contexts
from unlag.project.links import DEPENDS, Edge
from unlag.project.registration import Answer, Registration
from unlag.source.paths import UNKNOWN

_CONTEXT_OF = {
    "loop": contexts.REQUEST,
    "task": contexts.TASK,
    "start-up": contexts.STARTUP,
    "thread": contexts.THREAD_POOL,
    "process": contexts.WORKER,
    "script": contexts.SCRIPT,
}


_DEEPEST = 12
_MOST_PREFIXES = 8
_Parent: TypeAlias = tuple[str, str, tuple[str, ...], Answer | None]
"""Key of the includer, its prefix (UNKNOWN where it is not written down), its dependencies, its default."""


class Route(msgspec.Struct, frozen=True):
    """One function a framework calls, and under what name."""

    function: str
    label: str
    method: str
    route: str
    dependencies: tuple[str, ...]
    context: str
    answer: Answer | None = None
    """What it says of its answers; None where FastAPI does not make them."""
    default: Answer | None = None
    """What the nearest router or application that has a default response class says."""


class Routes(msgspec.Struct, frozen=True):
    """All entry points of a project."""

    routes: tuple[Route, ...]
    by_function: Mapping[str, tuple[Route, ...]]
    entries: Mapping[str, tuple[str, ...]]
    """Context -> functions that the framework calls there."""
    edges: Mapping[str, tuple[Edge, ...]]
    """Dependencies that a route has from its decorator or routers."""


class _Router(msgspec.Struct):
    prefix: str = ""
    dependencies: tuple[str, ...] = ()
    answer: Answer | None = None
    parents: list[_Parent] = []
    bases: list[str] = []
    """Keys of what its classes pass to the framework's constructor."""


class _Prefix(msgspec.Struct, frozen=True):
    """One way to a router."""

    text: str = ""
    dependencies: tuple[str, ...] = ()
    is_known: bool = True
    default: Answer | None = None


def join(
    registered: Mapping[str, tuple[Registration, ...]],
    is_async: Callable[[str], bool],
    is_test: Callable[[str], bool],
) -> Routes:
    """The entry points that functions register outside of tests, in the order of function ids."""
    registrations = [
        item
        for function in sorted(registered)
        if not is_test(function.rpartition(":")[0])
        for item in registered[function]
    ]
    routers = _routers(registrations)
    found: list[Route] = []
    for item in registrations:
        if item.kind == "route":
            for prefix in _above(routers, item.router):
                found.extend(_route(item, target, prefix, is_async) for target in item.targets)
        elif item.kind == "entry":
            found.extend(_route(item, target, _Prefix(), is_async) for target in item.targets)
    return _gathered(found)


def _route(
    item: Registration, target: str, prefix: _Prefix, is_async: Callable[[str], bool]
) -> Route:
    context = _CONTEXT_OF.get(item.runs if is_async(target) else item.sync, contexts.REQUEST)
    dependencies = tuple(dict.fromkeys((*item.dependencies, *prefix.dependencies)))
    route = prefix.text + item.route
    default = prefix.default if item.answer is not None else None
    return Route(
        target, item.label, item.method, route, dependencies, context, item.answer, default
    )


def _routers(registrations: Iterable[Registration]) -> dict[str, _Router]:
    routers: dict[str, _Router] = {}
    for item in registrations:
        if item.kind == "router" and item.router:
            known = routers.setdefault(item.router, _Router(parents=[], bases=[]))
            known.prefix = item.route
            known.dependencies = item.dependencies
            known.answer = item.answer
        elif item.kind == "base":
            known = routers.setdefault(item.router, _Router(parents=[], bases=[]))
            known.bases.append(item.parent)
        elif item.kind == "include" and item.router:
            known = routers.setdefault(item.router, _Router(parents=[], bases=[]))
            known.parents.append((item.parent, item.route, item.dependencies, item.answer))
    return routers


def _above(routers: Mapping[str, _Router], key: str) -> list[_Prefix]:
    """Every prefix under which a router is reached, with the dependencies on the way there.

    Those that are only partly written down count where there is no other.
    """
    found = _prefixes(routers, key, 0)
    return [item for item in found if item.is_known] or found


def _prefixes(routers: Mapping[str, _Router], key: str, depth: int) -> list[_Prefix]:
    router = routers.get(key)
    if router is None or depth > _DEEPEST:
        return [_Prefix()]
    own, dependencies, default = router.prefix, router.dependencies, router.answer
    for base in router.bases:
        passed = routers.get(base)
        if passed is not None:
            own = own or passed.prefix
            dependencies += passed.dependencies
            default = default or passed.answer
    found: dict[tuple[str, bool], _Prefix] = {}
    for parent, included, added, told in router.parents or [("", "", (), None)]:
        is_known = included != UNKNOWN
        for above in _prefixes(routers, parent, depth + 1):
            text = above.text + (included if is_known else "") + own
            place = (text, above.is_known and is_known)
            earlier = found[place].dependencies if place in found else ()
            gathered = (*earlier, *dependencies, *added, *above.dependencies)
            nearest = default or told or above.default
            found[place] = _Prefix(text, tuple(dict.fromkeys(gathered)), place[1], nearest)
    return list(found.values())[:_MOST_PREFIXES]


def _gathered(found: list[Route]) -> Routes:
    by_function: dict[str, list[Route]] = {}
    entries: dict[str, list[str]] = {}
    needs: dict[str, dict[str, None]] = {}
    for route in found:
        by_function.setdefault(route.function, []).append(route)
        entries.setdefault(route.context, []).append(route.function)
        if route.dependencies:
            needs.setdefault(route.function, {}).update(dict.fromkeys(route.dependencies))
    return Routes(
        tuple(found),
        {function: tuple(items) for function, items in by_function.items()},
        {context: tuple(items) for context, items in entries.items()},
        {function: tuple(map(_needing, targets)) for function, targets in needs.items()},
    )


def _needing(target: str) -> Edge:
    return Edge(target, DEPENDS, 0, 0, 0, 0, 0, "dependency")
