"""What the branches of a shell script are for, as their conditions say: production, development, or nobody knows.

Judges a test with one comparison, such as `[ "$APP_ENV" = dev ]`, and the patterns of a `case`; whatever else a
condition is, its branches are taken now and then.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

from unlag.deployment.names import (
    is_development_setting,
    is_for_development,
    is_for_production,
)

_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-[^}]*)?\}?")
_TESTS = ("[", "[[", "test")


class Branch(enum.Enum):
    """When the commands of a block run."""

    ALWAYS = enum.auto()
    PERHAPS = enum.auto()
    IN_DEVELOPMENT = enum.auto()
    IN_PRODUCTION = enum.auto()
    NOT_IN_PRODUCTION = enum.auto()
    """Another branch of the same condition is the one for production."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether production never comes here."""
        return self in (Branch.IN_DEVELOPMENT, Branch.NOT_IN_PRODUCTION)

    @property
    def is_certain(self) -> bool:
        """Whether production always comes here."""
        return self in (Branch.ALWAYS, Branch.IN_PRODUCTION)

    @property
    def otherwise(self) -> Branch:
        """What is left when the condition of this branch does not hold."""
        if self is Branch.IN_DEVELOPMENT:
            return Branch.IN_PRODUCTION
        return Branch.NOT_IN_PRODUCTION if self is Branch.IN_PRODUCTION else self


def of_test(words: Sequence[str]) -> Branch:
    """The branch behind `[ "$APP_ENV" = dev ]` and the like."""
    if not words or words[0] not in _TESTS:
        return Branch.PERHAPS
    match [word for word in words[1:] if word not in ("]", "]]")]:
        case [name, "=" | "==", value]:
            return _compared(name, value)
        case [name, "!=", value]:
            found = _compared(name, value)
            return Branch.IN_DEVELOPMENT if found is Branch.IN_PRODUCTION else found.otherwise
    return Branch.PERHAPS


def of_pattern(patterns: Sequence[str], before: Sequence[Branch]) -> Branch:
    """The branch of a `case` behind `patterns`, after the branches `before`."""
    if "*" in patterns:
        if Branch.IN_PRODUCTION in before:
            return Branch.NOT_IN_PRODUCTION
        is_left = bool(before) and all(branch is Branch.IN_DEVELOPMENT for branch in before)
        return Branch.IN_PRODUCTION if is_left else Branch.PERHAPS
    if patterns and all(is_for_development(pattern) for pattern in patterns):
        return Branch.IN_DEVELOPMENT
    is_production = any(is_for_production(pattern) for pattern in patterns)
    return Branch.IN_PRODUCTION if is_production else Branch.PERHAPS


def _compared(name: str, value: str) -> Branch:
    variable = _VARIABLE.fullmatch(name)
    if variable is None:
        return Branch.PERHAPS
    if is_for_development(value) or is_development_setting(variable[1], value):
        return Branch.IN_DEVELOPMENT
    return Branch.IN_PRODUCTION if is_for_production(value) else Branch.PERHAPS
