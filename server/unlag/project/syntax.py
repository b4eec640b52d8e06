"""Syntax trees of single functions, parsed again from the text when a rule asks for one.

Facts are enough to find the few functions worth a closer look; the trees of those live as long as the
rule that looks. Gives none where the text at hand does not parse: the facts are then older than the text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from unlag.project.table import FunctionEntry
from unlag.source.tree import UNREADABLE

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITION = re.compile(r"\s*(?:async\s+)?def\s+(\w+)")
_MOST_TEXTS = 8
_MOST_LINES = 4000
"""Of functions whose trees are kept: some 3 MB. Rules look at one function after the other."""


class NodeSite(msgspec.Struct, frozen=True):
    """Where a node stands, in the numbering of facts: lines of its unit, columns in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


class FunctionSyntax(msgspec.Struct, frozen=True):
    """One function's tree."""

    node: FunctionNode
    first_line: int
    """The line, in the numbering of facts, of the tree's line 1."""
    lines: tuple[str, ...]
    """The text the tree was made from."""

    def site(self, node: ast.expr | ast.stmt) -> NodeSite:
        """Where a node of the tree stands, comparable with calls, reads and bindings."""
        shift = self.first_line - 1
        end_line = node.end_lineno or node.lineno
        return NodeSite(
            node.lineno + shift,
            self._column(node.lineno, node.col_offset),
            end_line + shift,
            self._column(end_line, node.end_col_offset or 0),
        )

    def line(self, node: ast.expr | ast.stmt) -> int:
        """The line a node begins on, in the numbering of facts."""
        return node.lineno + self.first_line - 1

    def _column(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        return column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))


class Syntaxes:
    """Trees on demand; keeps the few that were asked for last, and the lines of their files."""

    def __init__(self) -> None:
        self.text_of: Callable[[str], str | None] = lambda path: None
        """Gives the text of a file as it is now."""
        self._lines: dict[str, Sequence[str]] = {}
        self._trees: dict[str, FunctionSyntax | None] = {}
        """The one that was asked for last stands last."""
        self._kept = 0
        """Lines of the functions whose trees are kept."""

    def forget(self) -> None:
        """Drop every text: some may have changed."""
        self._lines.clear()
        self._trees.clear()
        self._kept = 0

    def function(self, entry: FunctionEntry) -> FunctionSyntax | None:
        """The tree of a `def`; None for lambdas, module bodies and text that does not parse."""
        trees = self._trees
        if entry.id in trees:
            known = trees[entry.id] = trees.pop(entry.id)
            return known
        parsed = trees[entry.id] = self._parse(entry)
        self._kept += _size(parsed)
        while self._kept > _MOST_LINES and len(trees) > 1:
            self._kept -= _size(trees.pop(next(iter(trees))))
        return parsed

    def _parse(self, entry: FunctionEntry) -> FunctionSyntax | None:
        lines = self.lines_of(entry.path)
        top = min([entry.facts.line, *(call.line for call in entry.facts.decorators)])
        start, stop = top + entry.offset, entry.facts.end_line + entry.offset
        if not 0 < start <= stop <= len(lines):
            return None
        name = _DEFINITION.match(lines[entry.facts.line + entry.offset - 1])
        if name is None or name[1] != entry.facts.name.partition("#")[0]:
            return None
        return _parsed(list(lines[start - 1 : stop]), top)

    def expression(self, path: str, site: NodeSite) -> ast.expr | None:
        """The tree of an expression, by where it stands in its file; None where it does not parse."""
        lines = self.lines_of(path)
        if not 0 < site.line <= site.end_line <= len(lines):
            return None
        held = list(lines[site.line - 1 : site.end_line])
        held[-1] = held[-1][: site.end_column]
        held[0] = held[0][site.column :]
        try:
            return ast.parse("(" + "\n".join(held) + "\n)", mode="eval").body
        except UNREADABLE:
            return None

    def lines_of(self, path: str) -> Sequence[str]:
        """The lines of a file; none where it cannot be read."""
        known = self._lines.pop(path, None)
        if known is None:
            text = self.text_of(path)
            known = [] if text is None else text.split("\n")
            if len(self._lines) >= _MOST_TEXTS:
                self._lines.pop(next(iter(self._lines)))
        self._lines[path] = known
        return known


def _size(tree: FunctionSyntax | None) -> int:
    return len(tree.lines) if tree is not None else 1


def _parsed(lines: list[str], top: int) -> FunctionSyntax | None:
    """The tree of the one function that `lines` hold, under an `if` where they are indented."""
    if lines[0][:1].isspace():
        lines.insert(0, "if 1:")
        top -= 1
    try:
        statement = ast.parse("\n".join(lines)).body[0]
    except UNREADABLE:
        return None
    node = statement.body[0] if isinstance(statement, ast.If) else statement
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    return FunctionSyntax(node, top, tuple(lines))
