"""What a name is where a test has told of its class: `isinstance`, or a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unlag.project.place import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import ExternalInstance, Instance, Value, alternatives, each
from unlag.source.facts import Narrowing

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver


class Narrowed:
    """Values of local names after tests of their class."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def narrowed(
        self, function: FunctionEntry, place: Place, name: str, line: int, value: Value
    ) -> Value:
        """What `name`, which is `value`, is on `line`."""
        for told in function.facts.narrowed:
            if told.name == name and told.holds(line) and not _is_bound_since(function, told, line):
                value = self._told(place, told, value)
        return value

    def _told(self, place: Place, told: Narrowing, value: Value) -> Value:
        asked = alternatives([self._resolver.instance_of(place, path) for path in told.classes])
        if asked is None:
            return value
        classes = each(asked)
        fitting = [part for part in each(value) if self._fits(part, classes)]
        if told.is_excluded:
            return alternatives([part for part in each(value) if part not in fitting])
        return alternatives(fitting) if fitting else asked

    def _fits(self, value: Value, classes: tuple[Value, ...]) -> bool:
        """Whether a value is of one of `classes`, or of one below them."""
        if value in classes:
            return True
        names = frozenset([item.name for item in classes if isinstance(item, ExternalInstance)])
        if isinstance(value, ExternalInstance):
            return self._resolver.knowledge.is_a(value.name, names)
        if not isinstance(value, Instance):
            return False
        ids = {item.id for item in classes if isinstance(item, Instance)}
        return (bool(ids) and any(e.id in ids for e in self._resolver.lineage(value.id))) or (
            bool(names) and not names.isdisjoint(self._resolver.outside_bases(value.id))
        )


def _is_bound_since(function: FunctionEntry, told: Narrowing, line: int) -> bool:
    """Whether the name has got another value after the test."""
    return any(
        item.name == told.name and told.line < item.line <= line for item in function.facts.bindings
    )
