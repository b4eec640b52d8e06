"""Whether code runs anew for every request: the question that the whole family asks first.

Long-lived tasks, start-up, scripts and websockets, which stay open, are none of its business.
"""

from __future__ import annotations

from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

LABELS = frozenset(
    {"route", "route handler", "middleware", "exception handler", "background task",
     "GraphQL resolver", "GraphQL context"}
)  # fmt: skip
_FEW_BRANCHES = 2
"""Steps in branches after which nobody knows any more whether a way is taken at all."""
_NOT_EACH_TIME = facts.ONCE | facts.IN_EXCEPT | facts.MAIN_GUARD


def is_each_time(call: Call) -> bool:
    """Whether a call runs whenever its function does, or in one of its plain branches."""
    return not call.flags & _NOT_EACH_TIME


def runs_each_request(function: FunctionView, *, always: bool = False) -> bool:
    """Whether a function runs for every request that asks for it, and nothing remembers its result.

    Few steps on the way stand in branches; where it has to run `always`, none.
    """
    return function.index.runs_for_each(function.entry.id, LABELS, 0 if always else _FEW_BRANCHES)


def is_made_each_request(function: FunctionView, class_id: str) -> bool:
    """Whether objects of a class of the project are made for requests."""
    constructor = function.index.resolver.method(class_id, "__init__")
    return constructor is not None and _runs(function, constructor.id)


def is_made_once(function: FunctionView, class_id: str) -> bool:
    """Whether objects of a class of the project are made, but never for requests."""
    constructor = function.index.resolver.method(class_id, "__init__")
    if constructor is None or not function.index.is_called(constructor.id):
        return False
    return not _runs(function, constructor.id)


def _runs(function: FunctionView, function_id: str) -> bool:
    return function.index.runs_for_each(function_id, LABELS, _FEW_BRANCHES)
