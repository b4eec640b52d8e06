"""lru-cache-on-coroutine (LAG703): a functools cache keeps what must not be kept.

## What it does
Reports `functools.lru_cache` and `functools.cache` on coroutine functions, on methods, and on functions
that take a request, a websocket or a database session.

## Why it is slow
On a coroutine function the cache keeps the coroutine, not its result: the second call with the same
arguments raises `RuntimeError: cannot reuse already awaited coroutine`. On a method, and on a function that takes
a request or a session, the cache holds on to that object after it is done with, and never finds
anything for the next one: memory grows, up to
`maxsize` objects (128 unless given) or, with `cache`, without end, and nothing is saved.

## Bad
```python
from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache  # LAG703
async def opening_hours(day: str) -> str:
    return f"{day}: 9 to 5"


@app.get("/hours/{day}")
async def hours(day: str) -> str:
    return await opening_hours(day)
```

## Good
```python
from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def opening_hours(day: str) -> str:
    return f"{day}: 9 to 5"


@app.get("/hours/{day}")
async def hours(day: str) -> str:
    return opening_hours(day)
```

## Not reported
Caches made for coroutines (`async_lru`, `aiocache`), `cached_property`, static methods and class methods; methods
of enumerations, whose objects are never freed, and of a class whose one object is made at module level, whatever
command lines make for themselves. Methods of objects that neither requests nor modules make, but start-up, are
information: there are few of them. So are caches of four results or fewer, which keep as many objects.

## Fix safety
Unsafe, for coroutine functions only: the cache becomes `alru_cache` of the package `async_lru`, which has to be
installed, and results are then kept as long as the cache keeps them.

## Sources
Python documentation, `functools.lru_cache`, and its FAQ "How do I cache method calls?"; seen with CPython 3.11.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.contexts import SCRIPT
from unlag.project.links import Edge
from unlag.project.resolver import Place
from unlag.project.values import External, ExternalInstance, each
from unlag.rules import Subject
from unlag.rules.reuse._requests import is_made_each_request
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call, Parameter
from unlag.source.scopes import MODULE

SEVERITY = Severity.ERROR
SUBJECT = Subject.FUNCTION
NEEDS = frozenset({"lru_cache", "cache"})
_CACHES = frozenset({"functools.lru_cache", "functools.cache"})
_ENUMERATIONS = ("enum.",)
_BOUND_ONCE = frozenset({"staticmethod", "classmethod"})
_HANDFUL = 4
_SHORT_LIVED = frozenset(
    {"starlette.requests.Request", "starlette.requests.HTTPConnection", "starlette.websockets.WebSocket",
     "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession"}
)  # fmt: skip


def check(function: FunctionView) -> Iterator[Finding]:
    """The cache above a function, where it must not be."""
    decorators = function.facts.decorators
    for index, decorator in enumerate(decorators):
        if decorator.target.rpartition(".")[2] not in ("lru_cache", "cache"):
            continue
        if not _is_cache(function, decorator):
            continue
        if function.facts.is_async and index == len(decorators) - 1:
            message, fixes = _of_coroutine(function), fixes_of(function)
            yield _finding(function, decorator, SEVERITY, message, fixes)
        elif not function.facts.is_async:
            yield from _leaks(function, decorator)


def fixes_of(function: FunctionView) -> tuple[FixOffer, ...]:
    """A cache that awaits."""
    if function.facts.flags & facts.GENERATOR:
        return ()
    title = "Use `alru_cache` of the package `async_lru`, which has to be installed"
    return (FixOffer(title, Safety.UNSAFE, "async_cache"),)


def _is_cache(function: FunctionView, decorator: Call) -> bool:
    place = Place(function.entry.path, function.facts.parent or MODULE)
    found = function.index.resolver.resolve(place, decorator.target)
    return any(isinstance(item, External) and item.name in _CACHES for item in each(found))


def _of_coroutine(function: FunctionView) -> str:
    if function.facts.flags & facts.GENERATOR:
        return (
            f"`{function.name}` is an asynchronous generator, and the cache keeps the generator itself: the "
            "second call gets one that is used up. Keep the items in a list instead."
        )
    return (
        f"`{function.name}` is a coroutine function, and the cache keeps the coroutine itself: the second call "
        "with the same arguments raises `RuntimeError`. Use `alru_cache` of `async_lru`, or cache the part "
        "that does not await."
    )


def _leaks(function: FunctionView, decorator: Call) -> Iterator[Finding]:
    """What the cache of a plain function keeps alive."""
    for parameter in function.facts.parameters:
        if (kind := _short_lived(function, parameter)) is not None:
            message = (
                f"The cache of `{function.name}` keeps every `{kind}` it is given, and finds nothing for the "
                f"next one. Cache what is worked out from `{parameter.name}` by the values that matter."
            )
            yield _finding(function, decorator, SEVERITY, message)
            return
    if _is_method(function):
        is_small = _is_small(decorator)
        kept = "some" if is_small else "each"
        message = (
            f"The cache of `{function.name}` is shared by all objects and keeps {kept} of them alive. Use "
            "`cached_property`, or cache a function that takes the values it needs."
        )
        is_leak = not is_small and _has_many(function)
        severity = SEVERITY if is_leak else Severity.INFORMATION
        yield _finding(function, decorator, severity, message)


def _is_small(decorator: Call) -> bool:
    """Whether the cache is told to keep a handful of results, and so of objects."""
    most = decorator.argument(0, "maxsize") or ""
    return most[1:].isdecimal() and most[0] == "#" and int(most[1:]) <= _HANDFUL


def _short_lived(function: FunctionView, parameter: Parameter) -> str | None:
    if not parameter.annotation:
        return None
    place = Place(function.entry.path, function.facts.parent or MODULE)
    for item in each(function.index.resolver.instance_of(place, parameter.annotation)):
        if isinstance(item, ExternalInstance):
            if function.knowledge.is_a(item.name, _SHORT_LIVED):
                return item.name.rpartition(".")[2]
    return None


def _is_method(function: FunctionView) -> bool:
    """Whether the function takes the object it is called on, of a class that can have many."""
    item = function.facts
    if not item.owner or any(d.target in _BOUND_ONCE for d in item.decorators):
        return False
    class_id = _class_of(function)
    if _is_singleton(function, class_id):
        return False
    bases = function.index.resolver.outside_bases(class_id)
    return bool(item.parameters) and not any(base.startswith(_ENUMERATIONS) for base in bases)


def _class_of(function: FunctionView) -> str:
    return f"{function.entry.path}:{function.facts.owner}"


def _has_many(function: FunctionView) -> bool:
    """Whether requests make objects of the class, or modules several."""
    class_id = _class_of(function)
    makers = _makers(function, class_id)
    return is_made_each_request(function, class_id) or any(
        maker.endswith(f":{MODULE}") for maker, _ in makers
    )


def _is_singleton(function: FunctionView, class_id: str) -> bool:
    """Whether the project makes one object of a class, at module level."""
    makers = _makers(function, class_id)
    return len(makers) == 1 and all(
        maker.endswith(f":{MODULE}") and not edge.flags & facts.IN_LOOP for maker, edge in makers
    )


def _makers(function: FunctionView, class_id: str) -> list[tuple[str, Edge]]:
    """Who makes objects of a class for a server, each with the place where; subclasses' constructors make none."""
    constructor = function.index.resolver.method(class_id, "__init__")
    if constructor is None:
        return []
    return [
        (maker, edge)
        for maker, edge in function.index.callers_of(constructor.id)
        if not maker.endswith(".__init__") and _belongs_to_server(function, maker, edge)
    ]


def _belongs_to_server(function: FunctionView, maker: str, edge: Edge) -> bool:
    """Whether a server gets to the place where an object is made: command lines make objects of their own."""
    if maker.endswith(f":{MODULE}"):
        return not edge.flags & facts.MAIN_GUARD
    return any(context != SCRIPT for context in function.index.graph.contexts_of(maker))


def _finding(
    function: FunctionView,
    decorator: Call,
    severity: Severity,
    message: str,
    fixes: tuple[FixOffer, ...] = (),
) -> Finding:
    return function.finding(decorator, severity, message, sink=function.name, fixes=fixes)
