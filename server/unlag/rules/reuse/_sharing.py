"""Whether a function can take what it builds from the application's lifespan instead."""

from __future__ import annotations

from unlag.finding import FixOffer
from unlag.knowledge import Entry
from unlag.rules.view import FunctionView
from unlag.source.facts import Call


def offers(function: FunctionView, call: Call, client: Entry) -> tuple[FixOffer, ...]:
    """No fix is known yet."""
    return ()
