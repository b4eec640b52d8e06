"""What a coroutine waits for outside the project, gathered over the coroutines that it awaits.

Follows awaited calls only. An awaited call that nobody can know makes the answer incomplete.
"""

from __future__ import annotations

import msgspec

from unlag.project.callables import CALLED
from unlag.rules.view import FunctionView
from unlag.source import facts

_DEEPEST = 5
_READS: tuple[tuple[str, frozenset[str]], ...] = (
    ("httpx.AsyncClient.", frozenset({"get", "head", "options"})),
    ("httpx2.AsyncClient.", frozenset({"get", "head", "options"})),
    ("aiohttp.ClientSession.", frozenset({"get", "head", "options"})),
    (
        "redis.asyncio.Redis.",
        frozenset(
            {"get", "mget", "exists", "hget", "hmget", "hgetall", "hkeys", "hvals", "smembers", "scard",
             "sismember", "lrange", "llen", "zrange", "zscore", "zcard", "ttl", "strlen"}
        ),
    ),
    ("asyncpg.Pool.", frozenset({"fetch", "fetchrow", "fetchval"})),
    ("anyio.Path.", frozenset({"read_text", "read_bytes", "stat", "exists", "is_file", "is_dir"})),
    ("motor.motor_asyncio.AsyncIOMotorCollection.", frozenset({"find_one", "count_documents", "distinct"})),
    ("pymongo.asynchronous.collection.AsyncCollection.", frozenset({"find_one", "count_documents", "distinct"})),
    ("elasticsearch.AsyncElasticsearch.", frozenset({"get", "mget", "search", "count", "exists"})),
    ("opensearchpy.AsyncOpenSearch.", frozenset({"get", "mget", "search", "count", "exists"})),
    ("openai.resources.chat.AsyncCompletions.", frozenset({"create"})),
    ("openai.resources.AsyncEmbeddings.", frozenset({"create"})),
    ("anthropic.resources.AsyncMessages.", frozenset({"create"})),
)  # fmt: skip
"""Calls that only read, over clients that many coroutines can share at the same time."""
_PARTS_OF_READS = ("aiohttp.ClientResponse.", "httpx.Response.", "httpx2.Response.")
_WAITS_HERE = (
    "asyncio.sleep", "anyio.sleep", "trio.sleep", "asyncio.Lock.", "asyncio.Semaphore.", "asyncio.Event.",
    "asyncio.Condition.", "asyncio.Barrier.", "asyncio.Queue.", "anyio.Lock.", "anyio.Semaphore.",
    "anyio.Event.", "anyio.Condition.", "anyio.CapacityLimiter.", "anyio.lowlevel.", "asyncio.wait",
)  # fmt: skip
"""Awaited, but no traffic: other coroutines of the same loop are waited for, or the clock."""
_LIMITERS = (
    "asyncio.Semaphore", "asyncio.BoundedSemaphore", "asyncio.Lock", "anyio.Semaphore",
    "anyio.CapacityLimiter", "anyio.Lock", "aiolimiter.AsyncLimiter", "asyncio_throttle.Throttler",
)  # fmt: skip
_LIMITING_TYPES = ("Semaphore", "CapacityLimiter", "AsyncLimiter", "Throttler")
_LIMITING_NAMES = ("sem", "limit", "throttle", "lock", "slot", "bulkhead")


class Traffic(msgspec.Struct, frozen=True):
    """What awaiting one call comes down to."""

    names: frozenset[str]
    """Known awaitables outside the project."""
    is_complete: bool
    """Whether every awaited call on the way is known."""
    is_limited: bool
    """Whether a semaphore, limiter or lock is taken on the way."""
    has_effects: bool
    """Whether an attribute or a global is set, or something blocks, on the way."""

    @property
    def is_network(self) -> bool:
        """Whether something outside the process is asked."""
        return any(not name.startswith(_WAITS_HERE) for name in self.names)

    @property
    def only_reads(self) -> bool:
        """Whether all of it only reads, over clients that coroutines can share."""
        reads = [name for name in self.names if not name.startswith(_PARTS_OF_READS)]
        return bool(reads) and all(is_read(name) for name in reads)


def is_read(name: str) -> bool:
    """Whether a library's call only reads, and can run beside others of the same client."""
    return any(
        name.startswith(prefix) and name[len(prefix) :] in members for prefix, members in _READS
    )


def traffic_of(function: FunctionView, callee: str, *, whole: bool = False) -> Traffic:
    """What awaiting a call of `callee` comes down to; with `whole`, as far as all of it is known."""
    key = (traffic_of, callee, whole)
    return function.index.remember(key, lambda: _found(function, callee, whole))


def _found(function: FunctionView, callee: str, whole: bool) -> Traffic:
    found = _Search(function, whole)
    found.callee(callee, 0)
    return Traffic(frozenset(found.names), found.is_complete, found.is_limited, found.has_effects)


def takes_limiter(function: FunctionView, function_id: str) -> bool:
    """Whether a function is given a semaphore or limiter, or enters or awaits one, or a lock, itself."""
    entry = function.index.function(function_id)
    if entry is None:
        return False
    if any(word in p.annotation for p in entry.facts.parameters for word in _LIMITING_TYPES):
        return True
    paths = [block.path for block in entry.facts.blocks if block.is_async]
    paths += [call.target for call in entry.facts.calls if call.flags & facts.ASYNC_ENTERED]
    paths += [call.target for call in entry.facts.calls if call.target.endswith(".acquire")]
    if any(word in path.lower() for path in paths for word in _LIMITING_NAMES):
        return True
    values = [function.resolve(path, entry.facts.end_line, function_id) for path in paths]
    return any(getattr(value, "name", "").startswith(_LIMITERS) for value in values)


class _Search:
    """A walk over awaited calls."""

    def __init__(self, function: FunctionView, whole: bool) -> None:
        self.function = function
        self._whole = whole
        """Whether to stop at the first call that is not known."""
        self.names: set[str] = set()
        self.is_complete = True
        self.is_limited = False
        self.has_effects = False
        self._visited: set[str] = set()

    def callee(self, callee: str, depth: int) -> None:
        """Follow one callee: a function of the project, an outside name, or nobody knows what."""
        if not callee or depth > _DEEPEST:
            self.is_complete = False
        elif ":" not in callee:
            if self.function.known(callee, "awaitable") is None:
                self.is_complete = False
            else:
                self.names.add(self.function.knowledge.canonical(callee))
        elif callee not in self._visited:
            self._visited.add(callee)
            self._body(callee, depth)

    def _body(self, function_id: str, depth: int) -> None:
        index = self.function.index
        entry = index.function(function_id)
        links = index.links.get(function_id)
        if entry is None or links is None or not entry.facts.is_async:
            self.is_complete = False
            return
        item = entry.facts
        self.is_limited = self.is_limited or takes_limiter(self.function, function_id)
        self.has_effects = self.has_effects or bool(
            item.self_bindings
            or item.global_bindings
            or links.hazards
            or item.flags & facts.ABSTRACT
        )
        self.is_complete = self.is_complete and not item.awaited
        for call, callee in zip(item.calls, links.callees, strict=True):
            if self._whole and not self.is_complete:
                return
            if call.flags & facts.AWAITED or (
                call.flags & facts.ASYNC_ENTERED and self._is_known(callee)
            ):
                self.callee(callee, depth + 1)
        for edge in links.edges:
            if edge.how != CALLED and index.is_async(edge.target):
                self.callee(edge.target, depth + 1)

    def _is_known(self, callee: str) -> bool:
        return ":" in callee or self.function.known(callee, "awaitable") is not None
