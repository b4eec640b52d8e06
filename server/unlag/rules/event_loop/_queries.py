"""Queries of Tortoise and Beanie, which wait to be awaited and can be built upon until then."""

from __future__ import annotations

from unlag.rules.event_loop._as_values import is_tested
from unlag.rules.event_loop._uses import variable_of
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_QUERIES = frozenset(
    {"tortoise.queryset.QuerySet", "tortoise.queryset.QuerySetSingle", "tortoise.queryset.ExistsQuery",
     "tortoise.queryset.CountQuery", "beanie.odm.queries.find.FindMany", "beanie.odm.queries.find.FindOne"}
)  # fmt: skip


def is_query(function: FunctionView, callee: str) -> bool:
    """Whether a call gives a query that is sent when it is awaited."""
    return function.knowledge.result(callee) in _QUERIES


def is_taken_for_result(function: FunctionView, call: Call) -> bool:
    """Whether a query is tested for truth, as if it were what it finds."""
    if call.flags & facts.TESTED:
        return True
    variable = variable_of(function, call) if call.flags & facts.ASSIGNED else ""
    return bool(variable) and is_tested(function, variable)


def tested_query(callee: str) -> str:
    """What to say of it."""
    return f"`{callee}` gives a query, which is always true. Await it for what it finds."
