"""Expressions whose own text is printed: `f"{total(rows)=}"`. No edit can change them and keep what is printed."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator

from unlag.finding import Edit, Span
from unlag.fixes import Refusal, tree
from unlag.fixes.awaiting import following
from unlag.fixes.tree import Place

WHY = "The f-string prints the expression's own text (`=`), which the fix would change."
_PRINTING = re.compile(r"[^=!<>]=\s*[}!:]")


def is_printed(path: str, text: str, edits: Iterable[Edit]) -> bool:
    """Whether one of the edits of a file changes an expression whose text is printed."""
    spans = _printed(path, text)
    return any(_is_inside(edit.span, span) for edit in edits for span in spans)


@functools.lru_cache(maxsize=2)
def _printed(path: str, text: str) -> tuple[Span, ...]:
    if not _PRINTING.search(text):
        return ()
    module = tree.whole(path, text)
    return () if isinstance(module, Refusal) else tuple(_printed_in(module))


def _printed_in(module: Place) -> Iterator[Span]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FormattedValue):
            rest = following(module, node.value).lstrip(") ")
            if rest.startswith("=") and not rest.startswith("=="):
                yield module.span(node.value)


def _is_inside(inner: Span, outer: Span) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return start <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= end
