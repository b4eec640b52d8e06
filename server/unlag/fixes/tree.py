"""Finds, in one file's `ast`, the node a finding stands on and what surrounds it.

Positions that leave this module count characters; `ast` counts UTF-8 bytes. It edits nothing.
"""

from __future__ import annotations

import ast
import functools
import sys
import warnings
from collections.abc import Iterator

import msgspec

from unlag.finding import Span
from unlag.fixes import FixRequest, Refusal
from unlag.source.newer import in_older_words
from unlag.source.running import Function, in_body, is_scope

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Place(msgspec.Struct, frozen=True):
    """A node of one file, with the nodes around it."""

    path: str
    text: str
    lines: tuple[str, ...]
    around: tuple[ast.AST, ...]
    """From the module down to the parent of `node`."""
    node: ast.AST

    @property
    def tree(self) -> ast.Module:
        """The whole file."""
        module = self.chain[0]
        assert isinstance(module, ast.Module)
        return module

    @property
    def chain(self) -> tuple[ast.AST, ...]:
        """From the module down to `node` itself."""
        return (*self.around, self.node)

    @property
    def parent(self) -> ast.AST:
        """The node that holds `node`."""
        return self.around[-1]

    @property
    def statement(self) -> ast.stmt:
        """The innermost statement that holds `node`."""
        return next(node for node in reversed(self.chain) if isinstance(node, ast.stmt))

    @property
    def scopes(self) -> tuple[ast.AST, ...]:
        """Functions, lambdas and classes in whose body `node` stands, innermost first."""
        return tuple(
            outer
            for outer, inner in zip(self.chain[-2::-1], self.chain[:0:-1], strict=True)
            if is_scope(outer) and in_body(outer, inner)
        )

    @property
    def function(self) -> Function | None:
        """The `def` or `async def` in whose body `node` stands."""
        return next((s for s in self.scopes if isinstance(s, Function)), None)

    @property
    def block(self) -> list[ast.stmt]:
        """The statements among which the innermost statement that holds `node` stands."""
        statement = self.statement
        holder = self.up_to(statement).parent
        for field in ("body", "orelse", "finalbody"):
            found = getattr(holder, field, None)
            if isinstance(found, list) and statement in found:
                return found
        raise LookupError(ast.dump(statement))

    def span(self, node: ast.AST) -> Span:
        """Where `node` stands, in characters."""
        line, end_line = self.lines[node.lineno - 1], self.lines[node.end_lineno - 1]  # type: ignore[attr-defined]
        return Span(
            node.lineno,  # type: ignore[attr-defined]
            _characters(line, node.col_offset),  # type: ignore[attr-defined]
            node.end_lineno,  # type: ignore[attr-defined]
            _characters(end_line, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def code(self, node: ast.AST) -> str:
        """The text of `node`, without parentheses around it."""
        return self.between(self.span(node))

    def between(self, span: Span) -> str:
        """The text of `span`."""
        if span.line == span.end_line:
            return self.lines[span.line - 1][span.column : span.end_column]
        first = self.lines[span.line - 1][span.column :]
        last = self.lines[span.end_line - 1][: span.end_column]
        return "\n".join((first, *self.lines[span.line : span.end_line - 1], last))

    def at(self, node: ast.AST) -> Place:
        """The same file, seen from `node`, which stands inside of this place's node."""
        for path in _paths_to(self.node, node):
            return msgspec.structs.replace(self, around=(*self.around, *path[:-1]), node=node)
        raise LookupError(ast.dump(node))

    def up_to(self, node: ast.AST) -> Place:
        """The same file, seen from `node`, which holds this place's node."""
        depth = self.chain.index(node)
        return msgspec.structs.replace(self, around=self.chain[:depth], node=node)


def expression(request: FixRequest) -> Place | Refusal:
    """The place whose expression has exactly the finding's span."""
    around = surroundings(request)
    if isinstance(around, Refusal):
        return around
    for depth, node in enumerate(around.chain):
        if isinstance(node, ast.expr) and around.span(node) == request.span:
            place = around.up_to(around.chain[depth])
            return _readable(place)
    return Refusal("The text has changed: no expression stands where the finding was reported.")


def call(request: FixRequest) -> tuple[Place, ast.Call] | Refusal:
    """The place whose call has exactly the finding's span, and that call."""
    place = expression(request)
    if isinstance(place, Refusal):
        return place
    if not isinstance(place.node, ast.Call):
        return Refusal("The text has changed: no call stands where the finding was reported.")
    return place, place.node


def surroundings(request: FixRequest) -> Place | Refusal:
    """The place of the innermost node that covers the finding's span."""
    tree = _parse(request.text)
    if isinstance(tree, Refusal):
        return tree
    lines = tuple(request.text.split("\n"))
    span = request.span
    if not (1 <= span.line <= span.end_line <= len(lines)):
        return Refusal("The text has changed: the finding's lines are no longer there.")
    wanted = (
        (span.line, _bytes(lines[span.line - 1], span.column)),
        (span.end_line, _bytes(lines[span.end_line - 1], span.end_column)),
    )
    # Before Python 3.12 every literal part of an f-string claims the whole of it.
    chain = min(_paths_covering(tree, wanted), key=lambda path: _size(path[-1]))
    return Place(request.path, request.text, lines, chain[:-1], chain[-1])


def whole(path: str, text: str) -> Place | Refusal:
    """The place of a whole file; it has no parent."""
    tree = _parse(text)
    if isinstance(tree, Refusal):
        return tree
    return Place(path, text, tuple(text.split("\n")), (), tree)


def empty(line: int, column: int) -> Span:
    """The span between two characters, for insertions."""
    return Span(line, column, line, column)


@functools.lru_cache(maxsize=2)
def _parse(text: str) -> ast.Module | Refusal:
    """The tree; syntax of a newer Python is read in older words that keep nearly all positions."""
    try:
        return _tree(text)
    except SyntaxError as error:
        reason = f"The file does not parse: {error.msg} in line {error.lineno}."
    except (ValueError, RecursionError, MemoryError) as error:
        return Refusal(f"The file does not parse: {error}.")
    try:
        return _tree(in_older_words(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Refusal(reason)


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _readable(place: Place) -> Place | Refusal:
    # Before Python 3.12 positions inside f-strings of several lines are wrong; so are those on
    # a line whose newer syntax was put in older words.
    try:
        parsed = ast.parse(f"({place.code(place.node)}\n)", mode="eval").body
    except SyntaxError:
        parsed = None
    if parsed is None or ast.unparse(parsed) != ast.unparse(place.node):
        return Refusal("This Python cannot tell where the expression stands in its line.")
    return place


def _paths_covering(
    node: ast.AST, wanted: tuple[tuple[int, int], tuple[int, int]]
) -> Iterator[tuple[ast.AST, ...]]:
    found = False
    for child in ast.iter_child_nodes(node):
        extent = _extent(child)
        if extent is None or (extent[0] <= wanted[0] and wanted[1] <= extent[1]):
            for path in _paths_covering(child, wanted):
                found = True
                yield (node, *path)
    if not found and (isinstance(node, ast.Module) or _extent(node) is not None):
        yield (node,)


def _paths_to(node: ast.AST, wanted: ast.AST) -> Iterator[tuple[ast.AST, ...]]:
    if node is wanted:
        yield (node,)
        return
    for child in ast.iter_child_nodes(node):
        for path in _paths_to(child, wanted):
            yield (node, *path)
            return


def _extent(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if not hasattr(node, "lineno"):
        return None
    start = (node.lineno, node.col_offset)  # type: ignore[attr-defined]
    for decorator in getattr(node, "decorator_list", ()):
        start = min(start, (decorator.lineno, decorator.col_offset))
    return start, (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def _size(node: ast.AST) -> tuple[int, int]:
    extent = _extent(node)
    if extent is None:
        return sys.maxsize, 0
    (line, column), (end_line, end_column) = extent
    return end_line - line, end_column - column


def _characters(line: str, column: int) -> int:
    if line.isascii():
        return column
    return len(line.encode()[:column].decode(errors="replace"))


def _bytes(line: str, column: int) -> int:
    return len(line[:column].encode())
