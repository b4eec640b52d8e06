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
    """The file nearest in size that has enough places to type at, or the beginning of a much larger one."""
    texts = {path: path.read_text("utf-8", "replace") for path in sorted(folder.rglob("*.py"))}
    sized = sorted((abs(text.count("\n") - lines), path) for path, text in texts.items())
    larger = sorted((text.count("\n"), path) for path, text in texts.items())
    cut = next(
        ((path, _beginning(texts[path], lines)) for size, path in larger if size > lines), None
    )
    for distance, path in sized:
        text = texts[path]
        if cut is not None and distance > lines // 2:
            path, text = cut
        places = list(_places(text))
        if len(places) >= count and ("async def" in text or cut == (path, text)):
            chosen = random.Random(seed).sample(places, count)
            return Document(path, path.as_uri(), text, chosen)
    sys.exit(f"{folder} has no file with {count} statements in functions.")


def _beginning(text: str, lines: int) -> str:
    """As many whole functions and classes from the beginning of a text as come to some number of lines."""
    tree = ast.parse(text)
    members = [
        node for item in tree.body if isinstance(item, ast.ClassDef) for node in item.body[1:]
    ]
    ends = [node.end_lineno or 0 for node in (*tree.body, *members)]
    last = max((end for end in ends if end <= lines), default=lines)
    return "\n".join(text.split("\n")[:last]) + "\n"


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
