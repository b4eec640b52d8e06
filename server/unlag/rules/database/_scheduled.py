"""Functions that only jobs come to, by a clock or in a loop of the program's own: no client waits for them."""

from __future__ import annotations

from unlag.rules.view import FunctionView

_JOBS = frozenset({"scheduled job", "repeated task"})


def serves_no_client(view: FunctionView) -> bool:
    """Whether jobs of a scheduler, or tasks that the program starts itself, are all that leads to a function."""
    return _JOBS.issuperset(point.kind for point in view.entry_points())
