"""Reads the before/after cases of `cases/*.md`, and applies edits as an editor would.

A case is a heading, a `before` block with the finding's span between `⟦` and `⟧`, and an `after`
block or a line `Refused: ...`. Lines such as `Style: to_thread` or `Arguments: a, b` are options;
`-` is an empty argument.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from unlag.finding import Edit, FixOffer, Safety, Span
from unlag.fixes import FixRequest, Refusal, edits

CASES = Path(__file__).parent / "cases"
_BLOCK = re.compile(r"^```python (before|after)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^(Style|Arguments|Refused): (.*)$", re.MULTILINE)


class Case(msgspec.Struct, frozen=True):
    """One before/after pair, or one refusal."""

    suite: str
    name: str
    marked: str
    after: str | None
    refused: str | None
    style: str
    arguments: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The kind of fix: the suite's name up to the first hyphen."""
        return self.suite.partition("-")[0]

    @property
    def target(self) -> str:
        """The text between the marks."""
        return self.marked.partition("⟦")[2].partition("⟧")[0]

    @property
    def before(self) -> str:
        """The file without the marks."""
        return self.marked.replace("⟦", "").replace("⟧", "")

    @property
    def span(self) -> Span:
        """What the marks enclose."""
        start = self.marked.index("⟦")
        end = self.marked.index("⟧") - 1
        return Span(*position(self.before, start), *position(self.before, end))

    def result(self) -> tuple[Edit, ...] | Refusal:
        """What the fix makes of it."""
        return attempt(self.kind, self.before, self.span, self.arguments, self.style)


def cases() -> Iterator[Case]:
    """Every case of every suite."""
    for path in sorted(CASES.glob("*.md")):
        for section in path.read_text("utf-8").split("\n## ")[1:]:
            yield _case(path.stem, section)


def attempt(
    kind: str, text: str, span: Span, arguments: tuple[str, ...] = (), style: str = ""
) -> tuple[Edit, ...] | Refusal:
    """Ask for the edits of one fix, by the way the command line and the editor take."""
    request = FixRequest("app.py", text, span, arguments, style or "run_in_threadpool")
    return edits(FixOffer("", Safety.UNSAFE, kind, arguments), request)


def apply(text: str, made: tuple[Edit, ...]) -> str:
    """`text` with the edits made; they must be sorted and must not overlap."""
    parts, end = [], 0
    for edit in made:
        start = offset(text, edit.span.line, edit.span.column)
        assert start >= end, f"overlapping or unsorted edits: {made}"
        parts += [text[end:start], edit.text]
        end = offset(text, edit.span.end_line, edit.span.end_column)
        assert end >= start
    return "".join(parts) + text[end:]


def offset(text: str, line: int, column: int) -> int:
    """Where a position stands in `text`, counted in characters."""
    before = text.split("\n")[: line - 1]
    return sum(len(one) + 1 for one in before) + column


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column of the character `at`."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1)


def spans_of(target: str, text: str, lines: range) -> Iterator[Span]:
    """Where `target`, an expression, stands in the given lines of `text`."""
    try:
        wanted = ast.unparse(ast.parse(f"({target}\n)", mode="eval"))
    except SyntaxError:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.expr) and node.lineno in lines and ast.unparse(node) == wanted:
            yield _span(node, text.split("\n"))


def _span(node: ast.expr, lines: list[str]) -> Span:
    end_line = node.end_lineno or 0
    start = lines[node.lineno - 1].encode()[: node.col_offset].decode()
    end = lines[end_line - 1].encode()[: node.end_col_offset].decode()
    return Span(node.lineno, len(start), end_line, len(end))


def _case(suite: str, section: str) -> Case:
    name, _, body = section.partition("\n")
    blocks = dict(_BLOCK.findall(body))
    options = dict(_OPTION.findall(_BLOCK.sub("", body)))
    given = filter(None, re.split(r", *", options.get("Arguments", "")))
    arguments = tuple("" if argument == "-" else argument for argument in given)
    assert ("after" in blocks) != ("Refused" in options), f"{suite}: {name}: after or Refused"
    assert blocks["before"].count("⟦") == blocks["before"].count("⟧") == 1, (
        f"{suite}: {name}: marks"
    )
    return Case(
        suite,
        name,
        blocks["before"],
        blocks.get("after"),
        options.get("Refused"),
        options.get("Style", ""),
        arguments,
    )
