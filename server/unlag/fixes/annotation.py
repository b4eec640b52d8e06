"""Gives a function another return annotation.

Plain text edits; what the annotation means, and that its names are known, is for the rule to know.
"""

from __future__ import annotations

import re

from unlag.finding import Edit
from unlag.fixes.tree import Function, Place, empty


def with_annotation(place: Place, function: Function, annotation: str) -> tuple[Edit, ...]:
    """Edits after which `function` is annotated to return `annotation`; none where the text is strange."""
    if function.returns is not None:
        return (Edit(place.path, place.span(function.returns), annotation),)
    first = function.body[0]
    start = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", ()))])
    for number in range(start, function.lineno - 1, -1):
        line = place.lines[number - 1]
        before = line[: place.span(first).column] if number == first.lineno else line
        found = list(re.finditer(r"\)(\s*):\s*(#.*)?$", before))
        if found:
            return (Edit(place.path, empty(number, found[-1].start() + 1), f" -> {annotation}"),)
    return ()
