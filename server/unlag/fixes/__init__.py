"""Turns an offered fix into text edits, one module a kind of fix, named by `FixOffer.kind`.

The only package that imports libcst, and only when a fix is asked for: parsing costs it
about 57 ms per 1000 lines, so each kind parses one function or statement, never for detection.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import msgspec

from unlag.finding import Edit, FixOffer, Span


def _unreadable(path: str) -> str | None:
    return None


class FixRequest(msgspec.Struct, frozen=True):
    """What a kind of fix gets to work with."""

    path: str
    text: str
    """The whole file as it is now; line ends already normalised to `\\n`."""
    span: Span
    """Where the finding stands in `text`."""
    arguments: tuple[str, ...]
    """`FixOffer.arguments`."""
    offload_style: str = "run_in_threadpool"
    """`run_in_threadpool`, `to_thread` or `asyncify`."""
    text_of: Callable[[str], str | None] = _unreadable
    """The text of another file of the project; None where it cannot be read whole."""

    def text_at(self, path: str) -> str | None:
        """The text of this or another file of the project; None where it cannot be read whole."""
        return self.text if path == self.path else self.text_of(path)


class Refusal(msgspec.Struct, frozen=True):
    """Why a fix cannot be made here, in words for the user."""

    reason: str


def edits(offer: FixOffer, request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The edits that carry out `offer`, sorted and not overlapping, or why there are none."""
    module = importlib.import_module(f"unlag.fixes.{offer.kind}")
    made: tuple[Edit, ...] | Refusal = module.edits(request)
    return made
