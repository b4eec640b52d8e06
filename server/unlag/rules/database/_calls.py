"""Which calls of libraries send a statement to a database, and which commit.

Knows members by the library they belong to: a method's name alone says nothing.
"""

from __future__ import annotations

import re

from unlag.knowledge import Knowledge
from unlag.project.index import Index
from unlag.project.links import Links
from unlag.project.table import FunctionEntry
from unlag.rules.nearby import calls_near
from unlag.source.facts import AWAITED, Call, FunctionFacts
from unlag.source.paths import root

_SQL = frozenset(
    {"execute", "exec", "scalar", "scalars", "get", "get_one", "stream", "stream_scalars", "refresh",
     "merge", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "fetch_val",
     "execute_fetchall", "execute_insert"}
)  # fmt: skip
_QUERY = frozenset(
    {"all", "first", "one", "one_or_none", "scalar", "count", "get", "delete", "update", "__iter__"}
)
_OBJECTS = frozenset(
    {"get", "get_or_none", "get_by_id", "get_or_create", "update_or_create", "create", "save", "first",
     "count", "exists", "delete_by_id", "delete_instance", "refresh_from_db", "fetch_related",
     "find_one", "insert", "insert_one", "replace", "replace_one", "update_one", "delete_one",
     "count_documents", "find_one_and_update", "find_one_and_delete", "find_one_and_replace",
     "to_list", "first_or_none", "fetch_link", "save_changes", "distinct"}
)  # fmt: skip
_DJANGO = frozenset(
    {"get", "first", "last", "earliest", "latest", "count", "exists", "create", "update", "delete",
     "get_or_create", "update_or_create", "save", "refresh_from_db"}
)  # fmt: skip
_KEYS = frozenset(
    {"get", "set", "setex", "setnx", "getset", "getdel", "getex", "exists", "delete", "unlink",
     "expire", "expireat", "ttl", "pttl", "persist", "type", "incr", "incrby", "decr", "decrby",
     "hget", "hset", "hgetall", "hmget", "hdel", "hexists", "hincrby", "hlen", "hkeys", "hvals",
     "sadd", "srem", "sismember", "smembers", "scard", "zadd", "zrem", "zscore", "zrange", "zcard",
     "lpush", "rpush", "lrange", "llen", "lrem", "strlen", "append"}
)  # fmt: skip

_MEMBERS: dict[str, frozenset[str]] = {
    "sqlalchemy.orm.Session": _SQL,
    "sqlalchemy.ext.asyncio.AsyncSession": _SQL,
    "sqlmodel.Session": _SQL,
    "sqlmodel.ext.asyncio.session.AsyncSession": _SQL,
    "sqlalchemy.Connection": _SQL,
    "sqlalchemy.ext.asyncio.AsyncConnection": _SQL,
    "sqlalchemy.Engine": frozenset({"execute", "scalar"}),
    "sqlalchemy.orm.Query": _QUERY,
    "asyncpg.Connection": _SQL,
    "asyncpg.Pool": _SQL,
    "aiosqlite.Connection": _SQL,
    "aiosqlite.Cursor": _SQL,
    "aiomysql.Cursor": _SQL,
    "asyncmy.cursors.Cursor": _SQL,
    "databases.Database": _SQL,
    "databases.core.Connection": _SQL,
    "sqlite3.Connection": _SQL,
    "sqlite3.Cursor": _SQL,
    "psycopg.Connection": _SQL,
    "psycopg.Cursor": _SQL,
    "psycopg.AsyncConnection": _SQL,
    "psycopg.AsyncCursor": _SQL,
    "psycopg2.extensions.cursor": _SQL,
    "pymysql.cursors.Cursor": _SQL,
    "pyodbc.Cursor": _SQL,
    "tortoise.models.Model": _OBJECTS,
    "tortoise.queryset.QuerySet": _OBJECTS | {"update", "delete"},
    "django.db.models.QuerySet": _DJANGO | {f"a{name}" for name in _DJANGO},
    "django.db.models.Model": _DJANGO | {f"a{name}" for name in _DJANGO},
    "peewee.Model": _OBJECTS,
    "peewee.ModelSelect": _OBJECTS,
    "beanie.Document": _OBJECTS,
    "beanie.odm.queries.find.FindMany": _OBJECTS,
    "beanie.odm.queries.find.FindOne": _OBJECTS,
    "odmantic.AIOEngine": _OBJECTS,
    "odmantic.SyncEngine": _OBJECTS,
    "motor.motor_asyncio.AsyncIOMotorCollection": _OBJECTS,
    "pymongo.collection.Collection": _OBJECTS,
    "pymongo.asynchronous.collection.AsyncCollection": _OBJECTS,
    "redis.Redis": _KEYS,
    "redis.asyncio.Redis": _KEYS,
    "valkey.Valkey": _KEYS,
    "valkey.asyncio.Valkey": _KEYS,
}
"""Class -> its members that send one statement, or ask for one key."""

SESSIONS = frozenset({"sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession"})
ASYNC_SESSIONS = frozenset({"sqlalchemy.ext.asyncio.AsyncSession"})
_COMMITTING = frozenset(
    {"sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.Connection",
     "sqlalchemy.ext.asyncio.AsyncConnection", "sqlite3.Connection", "aiosqlite.Connection",
     "psycopg.Connection", "psycopg.AsyncConnection", "psycopg2.extensions.connection",
     "pymysql.connections.Connection", "aiomysql.Connection", "asyncmy.Connection"}
)  # fmt: skip


_DEFINITION = re.compile(
    r"""(?:\b(?P<name>\w+)\s*=\s*)?\(?\s*f?["']+\s*(?i:alter|create|drop)\s+"""
    r"(?i:(?:unique|temporary|temp|or replace|materialized)\s+)*"
    r"(?i:table|index|view|schema|sequence|type|trigger|extension|role|user|database)\b"
)
"""SQL that defines something, with the name that it is given, if any."""
_NAME = re.compile(r"\w+")
_TABLE = re.compile(r"""\b(?i:from|into|update|join)\s+["'`\\]*\{[a-z_]\w*\}""")


def query_of(knowledge: Knowledge, callee: str) -> str:
    """The public name of a call that sends one statement; empty where `callee` is none."""
    if ":" in callee or not callee:
        return ""
    owner, _, member = knowledge.canonical(callee).rpartition(".")
    current: str | None = owner
    for _ in range(6):
        if current is None:
            return ""
        members = _MEMBERS.get(current)
        if members is not None:
            return f"{owner}.{member}" if member in members else ""
        current = knowledge.base(current)
    return ""


def sent_query(knowledge: Knowledge, call: Call, callee: str) -> str:
    """The public name of a call that sends one statement, or of a query of Tortoise's that is awaited as it is."""
    name = query_of(knowledge, callee)
    if name or not call.flags & AWAITED or ":" in callee:
        return name
    owner, _, member = knowledge.canonical(callee).rpartition(".")
    return f"{owner}.{member}" if owner in _LAZY and member in _ROWS else ""


_LAZY = frozenset({"tortoise.models.Model", "tortoise.queryset.QuerySet"})
_ROWS = frozenset({"all", "filter", "exclude", "order_by", "limit", "prefetch_related"})


def is_commit(knowledge: Knowledge, callee: str) -> bool:
    """Whether a call ends a transaction for good: `session.commit`, `connection.commit`."""
    if not callee.endswith(".commit") or ":" in callee:
        return False
    return knowledge.is_a(knowledge.canonical(callee).rpartition(".")[0], _COMMITTING)


def sends_many(item: FunctionFacts, call: Call, name: str) -> bool:
    """Whether one call can carry the rows of many: `session.execute(insert(User), rows)`, but not with one dict."""
    is_execute = name.startswith(("sqlalchemy.", "sqlmodel.")) and name.endswith(".execute")
    given = call.positional()
    return is_execute and len(given) > 1 and not _is_dict(item, given[1])


def _is_dict(item: FunctionFacts, path: str) -> bool:
    named = [binding.path for binding in item.bindings if binding.name == path]
    return all(value.startswith(("dict(", ":(dict")) for value in named or [path])


def begins_and_reads(item: FunctionFacts, links: Links) -> bool:
    """Whether a function begins a statement, and takes all rows of one or hands something on."""
    names = {call.target.rpartition(".")[2] for call in item.calls}
    return begins(item, links) and (not names.isdisjoint(READING) or bool(links.edges))


def begins(item: FunctionFacts, links: Links) -> bool:
    """Whether a function begins a statement itself."""
    if not any(":" not in callee and callee.startswith(_ASKED) for callee in links.callees):
        return False
    return any(call.target.rpartition(".")[2] in BEGINNING for call in item.calls) or any(
        callee.rpartition(".")[2] in BEGINNING for callee in links.callees
    )


BEGINNING = frozenset({"select", "query"})
READING = frozenset(
    {"all", "fetchall", "fetchmany", "to_list", "list", "tuple", "sorted", "reversed", "set", "iter",
     "enumerate", "next", "tqdm"}
)  # fmt: skip
"""What takes all rows of a result, or hands them on."""


def may_begin(index: Index, function_id: str) -> bool:
    """Whether a function can begin a statement for its caller, by any way of a few steps."""
    return index.recall(_is_near_begin, function_id)


def _is_near_begin(index: Index, function_id: str) -> bool:
    return calls_near(index, function_id, _begins)


def _begins(callee: str) -> bool:
    return callee.endswith(".select") and callee.startswith(("sqlalchemy.", "sqlmodel."))


def may_query(index: Index, function_id: str) -> bool:
    """Whether a function can come to a call that asks a database, by any way of a few steps."""
    return index.recall(_is_near_query, function_id)


def _is_near_query(index: Index, function_id: str) -> bool:
    return calls_near(index, function_id, lambda callee: _asks(index.knowledge, callee))


def _asks(knowledge: Knowledge, callee: str) -> bool:
    if ":" in callee or not callee.startswith(_ASKED):
        return False
    return callee.rpartition(".")[2] == "query" or bool(query_of(knowledge, callee))


_ASKED = tuple({name.partition(".")[0] + "." for name in _MEMBERS})


def is_through_untyped(item: FunctionFacts, call: Call) -> bool:
    """Whether a statement is sent through a parameter without annotation, of which only callers tell the type.

    Helpers that are so general work on different tables, or do a job of their own, every other time.
    """
    first = root(call.target)
    parameters = item.parameters[1:] if item.owner else item.parameters
    return any(
        parameter.name == first and parameter.is_untyped and parameter.default in ("", "None")
        for parameter in parameters
    )


def is_of_no_rows(index: Index, entry: FunctionEntry, call: Call) -> bool:
    """Whether SQL takes its table from a variable, `f"select * from {table}"`, or defines one: `alter table`."""
    given = call.argument(0) or ""
    if given != "'" and not given.isidentifier() and not given.endswith("text()"):
        return False
    lines = index.lines_in(entry)
    first, last = call.line - entry.facts.line, call.end_line - entry.facts.line
    text = " ".join(lines[first : last + 1])
    if given == "'":
        return _TABLE.search(text) is not None or _DEFINITION.search(text) is not None
    named = {found["name"] for found in _DEFINITION.finditer(" ".join(lines[:first]))}
    return not named.isdisjoint(_NAME.findall(text))
