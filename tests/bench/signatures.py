"""The signature that most files would notice to be another one, and edits of it. Sends nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from documents import Change

ADDED = ", added_here=None"
_DEFINITION = re.compile(r"^def (\w+)\((?!\))(?:[^()]|\([^()]*\))*?(?=,?\s*\))", re.MULTILINE)
_IMPORT = re.compile(r"^ *from [\w.]+ import (\([^)]*\)|.*)", re.MULTILINE)


class Helper(NamedTuple):
    """A function, and where its parameters end."""

    path: Path
    uri: str
    text: str
    name: str
    line: int
    column: int
    importers: int
    """Files that import its name."""


def most_imported(folder: Path) -> Helper | None:
    """The function with parameters, at module level, whose name the most files import; None without any."""
    texts = {path: path.read_text("utf-8", "replace") for path in sorted(folder.rglob("*.py"))}
    counts: Counter[str] = Counter()
    for text in texts.values():
        counts.update(
            {name for found in _IMPORT.findall(text) for name in re.findall(r"\w+", found)}
        )
    found = max(_defined(texts), key=lambda item: counts[item[0]], default=None)
    if found is None:
        return None
    name, path, end = found
    before = texts[path][:end]
    line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    return Helper(path, path.as_uri(), texts[path], name, line, column, counts[name])


def _defined(texts: dict[Path, str]) -> Iterator[tuple[str, Path, int]]:
    """Functions at module level whose name only one file defines, with the end of their parameters."""
    found = [
        (match[1], path, match.end())
        for path, text in texts.items()
        for match in _DEFINITION.finditer(text)
    ]
    times = Counter(name for name, _, _ in found)
    return (item for item in found if times[item[0]] == 1)


def changes_of(helper: Helper, times: int) -> Iterator[Change]:
    """A parameter that comes and goes."""
    start = {"line": helper.line, "character": helper.column}
    end = {"line": helper.line, "character": helper.column + len(ADDED)}
    for _ in range(times):
        yield {"range": {"start": start, "end": start}, "text": ADDED}
        yield {"range": {"start": start, "end": end}, "text": ""}
