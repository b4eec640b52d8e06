"""Finds where each character of a decoded string stands in the text it was decoded from.

Knows no syntax: it walks both side by side, and gives up where they do not fit.
"""

from __future__ import annotations

from unlag.deployment.facts import Word, Written

_ESCAPES = {"\n": "n", "\t": "t", "\r": "r"}


def verbatim(text: str, start: int, end: int) -> Written:
    """A stretch of the file that means what it says."""
    return Written(text[start:end], tuple(range(start, end + 1)))


def aligned(value: str, text: str, start: int, end: int) -> Written | None:
    """`value` as it stands in `text[start:end]` among quotes, escapes and folded lines."""
    places: list[int] = []
    place = start
    for character in value:
        found = _next(character, text, place, end)
        if found < 0:
            return None
        places.append(found)
        place = found + 1
        if text[found] == "\\" and character != "\\":
            place += 1
    places.append(places[-1] + 1 if places else start)
    return Written(value, tuple(places))


def _next(character: str, text: str, place: int, end: int) -> int:
    """Where `character` comes next, or -1; only white space, quotes and escapes are passed over."""
    while place < end:
        here = text[place]
        if here == character:
            if here == "\\" and text[place + 1 : place + 2] == "\\":
                return place + 1
            return place
        if character.isspace() and here.isspace():
            return place
        if here == "\\":
            if text[place + 1 : place + 2] == _ESCAPES.get(character, ""):
                return place
        elif not here.isspace() and here not in "\"'":
            return -1
        place += 1
    return -1


def word(value: str, text: str, start: int, end: int, *, is_plain: bool = True) -> Word:
    """A word of a list; its characters stand at its start where they cannot be told apart."""
    found = aligned(value, text, start, end)
    return Word(found or Written(value, (start,) * (len(value) + 1)), start, end, is_plain)
