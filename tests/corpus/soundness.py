"""What is wrong with a Python file after an edit that was not wrong before: whether it compiles, comments, layout.

Compares texts; runs ruff on copies of them. Knows nothing of fixes.
"""

from __future__ import annotations

import ast
import io
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

LINTED = {
    "F401": "unused import",
    "F811": "imported twice",
    "F821": "undefined name",
    "F841": "unused variable",
    "E402": "late import",
    "I001": "unsorted import",
}
"""What ruff must not find after an edit where it did not before, and what it is called here."""
_FOR_TOOLS = re.compile(r"#\s*(?:type:|noqa|pragma|pylint|pyright)")
"""Comments that speak of one line: they go with it."""
_WIDTHS = (79, 88, 100, 120)


class Fault(msgspec.Struct, frozen=True):
    """One thing that an edit did to a file."""

    kind: str
    path: str
    detail: str


class _Location(msgspec.Struct):
    row: int


class _Message(msgspec.Struct):
    code: str | None
    filename: str
    message: str
    location: _Location


def faults(
    before: Mapping[str, str], after: Mapping[str, str], packages: Sequence[str] = ()
) -> Iterator[Fault]:
    """Everything that is worse in `after`, which holds the changed texts by path.

    `packages` are the names that imports of the project's own begin with.
    """
    for path, text in after.items():
        yield from _own_faults(path, before[path], text)
    if not after:
        return
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "before"), Path(folder, "after")
        names = {f"f{number}.py": path for number, path in enumerate(sorted(after))}
        for place, texts in ((old, before), (new, after)):
            place.mkdir()
            for name, path in names.items():
                (place / name).write_text(texts[path], "utf-8")
        yield from _linted(names, old, new, packages)
        yield from _laid_out(names, old, new)


def comments(text: str) -> Counter[str]:
    """The comments of a text, as often as they stand in it."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def compiles(path: str, text: str) -> str:
    """Why Python does not take a text, empty where it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            return str(error)
    return ""


def _own_faults(path: str, before: str, after: str) -> Iterator[Fault]:
    if compiles(path, before):
        return
    if trouble := compiles(path, after):
        yield Fault("does not compile", path, trouble)
        return
    for comment, count in (comments(before) - comments(after)).items():
        if not _FOR_TOOLS.match(comment):
            yield Fault("lost comment", path, f"{comment} ({count})")


def _linted(
    names: Mapping[str, str], old: Path, new: Path, packages: Sequence[str]
) -> Iterator[Fault]:
    had = Counter((name, code, text) for name, code, text, _ in _messages(old, packages))
    excused = {(name, code) for name, code, _ in had if code == "I001"}
    excused |= {(name, "E402") for name in names if _are_all_late(had, old / name)}
    for name, code, text, row in _messages(new, packages):
        had[name, code, text] -= 1
        if had[name, code, text] < 0 and (name, code) not in excused:
            yield Fault(LINTED[code], names[name], f"{text} in line {row}")


def _are_all_late(had: Mapping[tuple[str, str, str], int], file: Path) -> bool:
    """Whether no import of a file stands where one that is added would not be late."""
    late = sum(
        count for (name, code, _), count in had.items() if (name, code) == (file.name, "E402")
    )
    try:
        statements = ast.parse(file.read_text("utf-8")).body
    except SyntaxError:
        return False
    imports = (one for one in statements if isinstance(one, ast.Import | ast.ImportFrom))
    return late >= sum(1 for _ in imports) > 0


def _messages(folder: Path, packages: Sequence[str]) -> Iterator[tuple[str, str, str, int]]:
    command = ["check", "--exit-zero", "--output-format", "json", "--select", ",".join(LINTED)]
    command += ["--config", f"lint.isort.known-first-party={list(packages)}"]
    found = msgspec.json.decode(_ruff(command, folder), type=list[_Message])
    for item in found:
        if item.code in LINTED:
            text = re.sub(r" (from|in|here in)? ?line \d+", "", item.message)  # lines move
            yield Path(item.filename).name, item.code, text, item.location.row


def _laid_out(names: Mapping[str, str], old: Path, new: Path) -> Iterator[Fault]:
    """Files that ruff had nothing to do in at some width, and now has at each of those."""
    was = {width: _formatted(names, old, width) for width in _WIDTHS}
    still = {width: _formatted(names, new, width) for width in _WIDTHS}
    for name, path in names.items():
        widths = [width for width in _WIDTHS if name in was[width]]
        if widths and not any(name in still[width] for width in widths):
            yield Fault("unformatted", path, f"ruff format at {widths[0]} columns")


def _formatted(names: Iterable[str], folder: Path, width: int) -> set[str]:
    """The files that are as ruff would write them."""
    copied = folder.with_name(f"{folder.name}-{width}")
    shutil.copytree(folder, copied)
    settings = ["--quiet", "--config", "format.quote-style='preserve'", "--line-length", str(width)]
    _ruff(["format", *settings], copied)
    return {name for name in names if (copied / name).read_bytes() == (folder / name).read_bytes()}


def _ruff(arguments: list[str], folder: Path) -> bytes:
    command = [sys.executable, "-m", "ruff", arguments[0], "--isolated", "--no-cache"]
    return subprocess.run(
        [*command, *arguments[1:], str(folder)], stdout=subprocess.PIPE, check=False
    ).stdout
