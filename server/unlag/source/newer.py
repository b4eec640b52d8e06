"""Writes syntax of newer Pythons in older words, keeping lines and, where it can, columns.

Used on text that does not parse as it stands, so it need not know which Python it runs on. Covers
what changes the shape of whole statements; anything else is left to `repair`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from unlag.source.fstrings import plain_fstrings
from unlag.source.lexical import masked

Edit: TypeAlias = tuple[int, int, str]

_EXCEPT = re.compile(r"^[ \t]*except\b(?:[ \t]*(\*))?([ \t]*)([^\n:]*?)[ \t]*:", re.MULTILINE)
_GENERIC = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+\w+[ \t]*(\[)", re.MULTILINE)
_SOFT = re.compile(
    r"^[ \t]*(type[ \t](?=[ \t]*\w+[ \t]*[\[=])|lazy[ \t](?=[ \t]*(?:import|from)\b))", re.MULTILINE
)
_TEMPLATE = re.compile(r"(?<!\w)(?:r(t)|(t)r?)(?=[\"'])", re.IGNORECASE)
_UNPACKED = re.compile(r"\*\w+[ \t]*:[ \t]*(\*)(?=\w)")
_NEWER = (_EXCEPT, _GENERIC, _SOFT, _TEMPLATE, _UNPACKED)


def in_older_words(text: str) -> str:
    """`text` with newer syntax replaced; the same text where there is none."""
    text = plain_fstrings(text)
    if not any(pattern.search(text) for pattern in _NEWER):
        return text  # what strings and comments hold could only add to what is found
    code = masked(text)
    edits = sorted(
        [*_soft_keywords(code), *_generics(code), *_handlers(code), *_marks(code)], reverse=True
    )
    for start, end, replacement in edits:
        text = text[:start] + replacement + text[end:]
    return text


def _soft_keywords(code: str) -> Iterator[Edit]:
    """`type X = ...` and `lazy import x`: both become `if 1:`, which is just as long."""
    for match in _SOFT.finditer(code):
        yield match.start(1), match.end(1), "if 1:"


def _generics(code: str) -> Iterator[Edit]:
    """`def f[T](x)`: the type parameters go."""
    for match in _GENERIC.finditer(code):
        start = match.start(1)
        end = _closing(code, start)
        blank = re.sub(r"[^\n]", " ", code[start:end])
        yield start, end, re.sub(r" \n", "\\\\\n", blank)


def type_parameters(text: str) -> dict[int, tuple[str, ...]]:
    """The names in the brackets of `class Store[K, V: Base]`, by the line on which that stands."""
    code = masked(text)
    found = {}
    for match in _GENERIC.finditer(code) if "[" in code else ():
        if match[0].lstrip().startswith("class"):
            inside = code[match.end(1) : _closing(code, match.start(1)) - 1]
            line = code.count("\n", 0, match.start(1)) + 1
            found[line] = tuple(_parameter_names(inside))
    return found


def _parameter_names(inside: str) -> Iterator[str]:
    depth = start = 0
    for index, character in enumerate(f"{inside},"):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            name = re.match(r"[\s*]*(\w+)", inside[start:index])
            if name is not None:
                yield name[1]
            start = index + 1


def _closing(code: str, start: int) -> int:
    """The end of the bracket that opens at `start`."""
    depth = 0
    for index in range(start, len(code)):
        depth += (code[index] in "([{") - (code[index] in ")]}")
        if not depth:
            return index + 1
    return start


def _handlers(code: str) -> Iterator[Edit]:
    """`except A, B:` gets its parentheses; `except*` loses its star."""
    for match in _EXCEPT.finditer(code):
        star, blank, types = match.groups()
        if star:
            yield match.start(1), match.end(1), " "
        if _has_comma_outside(types) and not re.search(r"\bas\b", types):
            start = match.start(2)
            yield match.end(3), match.end(3), ")"
            yield (start, start + 1, "(") if blank else (match.start(3), match.start(3), "(")


def _has_comma_outside(types: str) -> bool:
    depth = 0
    for character in types:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            return True
    return False


def _marks(code: str) -> Iterator[Edit]:
    """Template strings become f-strings; `*args: *Ts` loses its second star."""
    for match in _TEMPLATE.finditer(code):
        group = 1 if match[1] else 2
        yield match.start(group), match.end(group), "f"
    for match in _UNPACKED.finditer(code):
        yield match.start(1), match.end(1), " "
