"""Which calls give a coroutine that does nothing until somebody awaits it.

Silent about decorators that are not known to leave a coroutine function what it is, and about
libraries whose objects can be awaited and used otherwise.
"""

from __future__ import annotations

from unlag.project.resolver import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import External, ExternalInstance, Function, Value, each
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_OFFLOADERS = frozenset(
    {
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
        "anyio.to_process.run_sync",
        "starlette.concurrency.run_in_threadpool",
        "sqlalchemy.ext.asyncio.AsyncSession.run_sync",
        "sqlalchemy.ext.asyncio.AsyncConnection.run_sync",
    }
)
RUNS_ANYWAY = ("motor.",)
"""Gives a future: the work is under way, awaited or not."""
_TWO_FACED = (
    "aiohttp.ClientSession.", "aiohttp.request", "aiosqlite.", "asyncpg.create_pool",
    "asyncpg.Pool.acquire", "oracledb.",
    "redis.asyncio.client.", "httpx.AsyncClient.stream",
)  # fmt: skip
"""What it gives can be awaited, and entered, looped over or built upon as well."""
_HARMLESS = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "override", "wraps", "final", "no_type_check"}
)
_FRAMEWORKS = (
    "fastapi.",
    "starlette.",
    "tenacity.",
    "backoff.",
    "typing.",
    "typing_extensions.",
    "abc.",
)
_MOST_SUBCLASSES = 60
_STREAMS = ("AsyncIterator", "AsyncGenerator", "AsyncIterable", "AsyncContextManager")


def coroutine_of(function: FunctionView, call: Call, callee: str, *, strictly: bool) -> str:
    """The name of the coroutine function that `call` calls; empty where it is none for certain.

    `strictly` leaves out libraries whose coroutines are more than that.
    """
    if not callee or call.flags & facts.AWAITED:
        return ""
    if ":" in callee:
        if not function.index.is_async(callee):
            return ""
    elif not _is_outside_coroutine(function, callee, strictly=strictly):
        return ""
    for value in each(function.resolve(call.target, call.line)):
        if not _gives_coroutine(function, value, strictly=strictly):
            return ""
    return callee if ":" in callee else function.knowledge.canonical(callee)


def _gives_coroutine(function: FunctionView, value: Value, *, strictly: bool) -> bool:
    if isinstance(value, Function):
        entry = function.index.function(value.id)
        return entry is not None and all(
            is_coroutine_function(function, item) for item in (entry, *_overrides(function, entry))
        )
    if isinstance(value, External):
        return _is_outside_coroutine(function, value.name, strictly=strictly)
    return False


def _overrides(function: FunctionView, entry: FunctionEntry) -> list[FunctionEntry]:
    """The methods that stand in subclasses for a method of the project."""
    resolver = function.index.resolver
    pending = [f"{entry.path}:{entry.facts.owner}"] if entry.facts.owner else []
    found: list[FunctionEntry] = []
    visited: set[str] = set()
    while pending and len(visited) < _MOST_SUBCLASSES:
        for subclass in resolver.subclasses.get(pending.pop(), ()):
            item = resolver.class_(subclass)
            if item is None or subclass in visited:
                continue
            visited.add(subclass)
            pending.append(subclass)
            if entry.facts.name in item.methods:
                table = resolver.tables[item.path]
                found.append(table.functions[item.methods[entry.facts.name]])
    return found


def _is_outside_coroutine(function: FunctionView, name: str, *, strictly: bool) -> bool:
    canonical = function.knowledge.canonical(name)
    if canonical.startswith(_TWO_FACED if strictly else RUNS_ANYWAY):
        return False
    entry = function.known(name, "awaitable")
    if entry is not None:
        return not entry.name.endswith("*")
    return canonical in _OFFLOADERS


def is_coroutine_function(function: FunctionView, entry: FunctionEntry) -> bool:
    """Whether calling a function of the project gives a coroutine, decorators and all."""
    item = entry.facts
    if not item.is_async or item.flags & (facts.GENERATOR | facts.OVERLOAD):
        return False
    if item.flags & facts.ABSTRACT and any(name in item.returns for name in _STREAMS):
        return False  # overridden by asynchronous generators
    if function.index.function(f"{entry.id}#2") is not None:
        return False  # defined twice, under conditions
    return all(_keeps(function, entry, decorator) for decorator in item.decorators)


def _keeps(function: FunctionView, entry: FunctionEntry, decorator: Call) -> bool:
    """Whether a decorator leaves a coroutine function one."""
    if decorator.target.rpartition(".")[2] in _HARMLESS:
        return True
    resolver = function.index.resolver
    value = resolver.resolve(Place(entry.path, entry.facts.parent or "<module>"), decorator.target)
    if isinstance(value, External | ExternalInstance):
        return function.knowledge.canonical(value.name).startswith(_FRAMEWORKS)
    if isinstance(value, Function) and not decorator.flags & facts.BARE:
        value = resolver.result(value)
    if not isinstance(value, Function):
        return False
    wrapper = resolver.result(value)
    if not isinstance(wrapper, Function):
        return False
    made = function.index.function(wrapper.id)
    return made is not None and made.facts.is_async and not made.facts.flags & facts.GENERATOR
