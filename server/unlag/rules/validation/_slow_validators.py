"""Validators of whole models that reach work known to be slow."""

from __future__ import annotations

from unlag.project.models import model_of
from unlag.project.table import FunctionEntry
from unlag.rules.view import FunctionView

_CATEGORIES = ("blocking", "cpu-heavy")


def slow_validator(function: FunctionView, class_id: str) -> tuple[str, str] | None:
    """An `after` or `wrap` validator of a model and the slow call it reaches; they run on objects too."""
    key = (slow_validator, class_id)
    return function.index.remember(key, lambda: _found(function, class_id))


def _found(function: FunctionView, class_id: str) -> tuple[str, str] | None:
    resolver = function.index.resolver
    model = model_of(resolver, class_id)
    for owner_id in model.classes if model is not None else ():
        entry = resolver.class_(owner_id)
        for name, qualname in entry.methods.items() if entry is not None else ():
            method = function.index.function(f"{owner_id.rpartition(':')[0]}:{qualname}")
            if method is not None and _runs_again(method):
                sink = _sink(function, method)
                if sink:
                    return name, sink
    return None


def _runs_again(method: FunctionEntry) -> bool:
    return any(
        decorator.target.rpartition(".")[2] == "model_validator"
        and decorator.keyword("mode") in ("'after", "'wrap")
        for decorator in method.facts.decorators
    )


def _sink(function: FunctionView, method: FunctionEntry) -> str:
    """The name of the slow call that a validator reaches every time, or an empty string."""
    for category in _CATEGORIES:
        reaches = function.index.graph.reaches[category]
        current, reach = method.id, reaches.get(method.id)
        if reach is None or reach.once:
            continue
        while reach.hazard < 0:
            current = function.index.links[current].edges[reach.edge].target
            reach = reaches[current]
        return function.index.links[current].hazards[reach.hazard].name
    return ""
