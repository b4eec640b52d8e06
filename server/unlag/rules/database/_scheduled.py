"""Functions that only a scheduler's jobs come to: no client waits for them."""

from __future__ import annotations

from unlag.rules.view import FunctionView


def is_only_scheduled(view: FunctionView) -> bool:
    """Whether jobs of a scheduler are all that leads to a function."""
    return {point.kind for point in view.entry_points()} == {"scheduled job"}
