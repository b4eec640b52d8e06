"""Takes options out of the command that starts a server, with their values.

Each argument of the offer is an option; one that ends in `=` has a value.
"""

from __future__ import annotations

from unlag.deployment.facts import Word
from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, words


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The command without the options."""
    place = words.held(request)
    if isinstance(place, Refusal):
        return place
    file, command = place
    unwanted = _numbers(command.words, request.arguments)
    if not unwanted:
        return Refusal("The text has changed: the command has none of the options.")
    return words.removed(request, file, command, unwanted)


def _numbers(found: tuple[Word, ...], options: tuple[str, ...]) -> list[int]:
    """The numbers of the words that are one of `options` or its value."""
    with_value = tuple(option for option in options if option.endswith("="))
    unwanted: list[int] = []
    is_value = False
    for number, word in enumerate(found):
        wants_value = not is_value and f"{word.text}=" in with_value
        if is_value or wants_value or word.text in options or word.text.startswith(with_value):
            unwanted.append(number)
        is_value = wants_value
    return unwanted
