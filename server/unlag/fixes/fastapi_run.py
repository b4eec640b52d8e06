"""Puts `fastapi run` in the place of `fastapi dev`."""

from __future__ import annotations

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, words


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The command with `run` for `dev`."""
    place = words.held(request)
    if isinstance(place, Refusal):
        return place
    file, command = place
    word = next(
        (word for word in command.words if file.span(word.start, word.end) == request.span), None
    )
    if word is None or word.text != "dev":
        return Refusal("The text has changed: `dev` no longer stands there.")
    edit = words.replaced(request, file, word, "run")
    return edit if isinstance(edit, Refusal) else (edit,)
