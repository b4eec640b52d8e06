"""Turns an offered fix into text edits, one module a kind of fix, named by `FixOffer.kind`.

The only package that imports libcst, and only when a fix is asked for: parsing costs it
about 57 ms per 1000 lines, so each kind parses one function or statement, never for detection.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

import msgspec

from unlag.finding import Edit, FixOffer, Span
from unlag.fixes.composing import apply_edits, composed


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
    """The edits that carry out `offer`, sorted and not overlapping, or why there are none.

    Imports that the file no longer needs after them are gone, and every file still parses.
    """
    made = edits_alone(offer, request)
    if isinstance(made, Refusal):
        return made
    tidied = tuple(_tidied(made, request))
    reason = _broken(tidied, request)
    return Refusal(reason) if reason else tidied


def edits_alone(offer: FixOffer, request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The same without a look at the imports; who makes several fixes at once looks at them after all."""
    module = importlib.import_module(f"unlag.fixes.{offer.kind}")
    made: tuple[Edit, ...] | Refusal = module.edits(request)
    return made if isinstance(made, Refusal) else _silent(made, request)


def _silent(made: tuple[Edit, ...], request: FixRequest) -> tuple[Edit, ...] | Refusal:
    from unlag.fixes import printed  # it knows this module

    for path in dict.fromkeys(edit.path for edit in made if edit.path.endswith(".py")):
        own = [edit for edit in made if edit.path == path]
        if printed.is_printed(path, request.text_at(path) or "", own):
            return Refusal(printed.WHY)
    return made


def _broken(made: tuple[Edit, ...], request: FixRequest) -> str | None:
    from unlag.fixes.parsing import (  # nobody waits for it who fixes nothing
        still_parses,
        why_broken,
    )

    for path in dict.fromkeys(edit.path for edit in made):
        text = request.text_at(path) or ""
        after = apply_edits(text, (edit for edit in made if edit.path == path))
        if not still_parses(path, text, after):
            reason = why_broken(path, text)
            return f"{reason[0].upper()}{reason[1:]}."
    return None


def _tidied(made: tuple[Edit, ...], request: FixRequest) -> Iterator[Edit]:
    from unlag.fixes.unused import left_behind  # it knows this module

    for path in dict.fromkeys(edit.path for edit in made):
        own = tuple(edit for edit in made if edit.path == path)
        text = request.text_at(path) or ""
        more = left_behind(path, text, apply_edits(text, own))
        yield from composed(text, own, more) if more else own
