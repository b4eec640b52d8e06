"""The files that `keystrokes.py` types in, and what it types: one character a change.

Sends nothing.
"""

from __future__ import annotations

import ast
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

TYPED = "; value = load(key)[0]"

Change = dict[str, Any]
"""An item of `contentChanges`."""


class Place(NamedTuple):
    """The end of a simple statement in a function."""

    line: int
    column: int
    """In UTF-16 units, both from 0."""


class Document(NamedTuple):
    """A file to type in."""

    path: Path
    uri: str
    text: str
    places: Sequence[Place]

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")


def choose(folder: Path, lines: int, count: int, seed: int) -> Document:
    """The file nearest in size that has enough places to type at."""
    sized = sorted(
        (abs(path.read_bytes().count(b"\n") - lines), path) for path in folder.rglob("*.py")
    )
    for _, path in sized:
        text = path.read_text("utf-8", "replace")
        places = list(_places(text))
        if len(places) >= count and "async def" in text:
            chosen = random.Random(seed).sample(places, count)
            return Document(path, path.as_uri(), text, chosen)
    sys.exit(f"{folder} has no file with {count} statements in functions.")


def _places(text: str) -> Iterator[Place]:
    """The ends of simple statements that close their line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError:
        return
    lines = text.split("\n")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in (node for node in ast.walk(tree) if isinstance(node, functions)):
        for node in function.body:
            if isinstance(node, ast.Assign | ast.Expr) and node.end_lineno:
                line = lines[node.end_lineno - 1]
                if len(line.encode()) == node.end_col_offset:
                    yield Place(node.end_lineno - 1, len(line.encode("utf-16-le")) // 2)


def changes(document: Document) -> Iterator[Change]:
    """Type at every place, then delete again."""
    for place in document.places:
        for number, character in enumerate(TYPED):
            yield _change(place, number, number, character)
        for number in reversed(range(len(TYPED))):
            yield _change(place, number, number + 1, "")


def _change(place: Place, start: int, end: int, text: str) -> Change:
    first = {"line": place.line, "character": place.column + start}
    last = {"line": place.line, "character": place.column + end}
    return {"range": {"start": first, "end": last}, "text": text}
