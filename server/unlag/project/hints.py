"""What calls mean that the project's own text leaves open, as somebody told who can see more of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from unlag.source.facts import FunctionFacts


class Hint(msgspec.Struct, frozen=True):
    """What some calls of one function mean, as long as it says what it said."""

    facts: FunctionFacts
    names: Mapping[str, str]
    """Call target -> public name outside the project."""
