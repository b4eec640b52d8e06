"""What the decorators of a function make of it."""

from __future__ import annotations

from unlag.source import facts

_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "computed_field"})


def is_context(item: facts.FunctionFacts) -> bool:
    """Whether a generator function makes a context manager."""
    return any(
        decorator.target.rpartition(".")[2] in ("contextmanager", "asynccontextmanager")
        for decorator in item.decorators
    )


def is_property(item: facts.FunctionFacts) -> bool:
    """Whether reading the method as an attribute runs it."""
    return any(decorator.target.rpartition(".")[2] in _PROPERTIES for decorator in item.decorators)
