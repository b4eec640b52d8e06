"""Takes out what an edit leaves without use: whole statements, and imports, as a linter would want it.

Of imports only whole names of plain `import` and `from` statements at the top of the file; a name that is exported
or used in any other way stays.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from unlag.finding import Edit, Span
from unlag.fixes.tree import Place

_ANNOTATION = re.compile(r"[\w\s.,|\[\]\"']{1,200}")
Import = ast.Import | ast.ImportFrom


def without_imports(place: Place, gone: Iterable[ast.AST]) -> tuple[Edit, ...]:
    """Edits that remove the imports which nothing but the nodes in `gone` uses."""
    removed = {id(node) for root in gone for node in ast.walk(root)}
    lost = {
        node.id for root in gone for node in ast.walk(root) if isinstance(node, ast.Name)
    } - set(_read_elsewhere(place.tree, removed))
    edits: list[Edit] = []
    for statement in place.tree.body:
        if isinstance(statement, Import) and lost:
            edits.extend(_shortened(place, statement, lost))
    return tuple(edits)


def without_statement(place: Place, statement: ast.stmt) -> Edit | None:
    """An edit that removes the lines of a statement; None where something else stands in them."""
    span = place.span(statement)
    before = place.lines[span.line - 1][: span.column]
    after = place.lines[span.end_line - 1][span.end_column :]
    if before.strip() or after.strip() or span.end_line >= len(place.lines):
        return None
    return Edit(place.path, Span(span.line, 0, span.end_line + 1, 0), "")


def _read_elsewhere(tree: ast.Module, removed: set[int]) -> Iterator[str]:
    """Every name that is read outside the removed nodes; words in texts count, such as `__all__`."""
    for node in ast.walk(tree):
        if id(node) in removed:
            continue
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _words(node.value)
        elif isinstance(node, ast.Global):
            yield from node.names


def _words(text: str) -> list[str]:
    """The names in a text that can be an annotation, or an item of `__all__`."""
    return re.findall(r"\w+", text) if _ANNOTATION.fullmatch(text) else []


def _shortened(place: Place, statement: Import, lost: set[str]) -> Iterator[Edit]:
    kept = [alias for alias in statement.names if _bound(statement, alias) not in lost]
    if len(kept) == len(statement.names):
        return
    span = place.span(statement)
    line, end = place.lines[span.line - 1], place.lines[span.end_line - 1]
    is_alone = not line[: span.column].strip() and not end[span.end_column :].strip()
    if "#" in place.code(statement) or not is_alone or (isinstance(statement, ast.Import) and kept):
        return
    if kept:
        yield from _without_names(place, statement, kept)
    elif span.end_line < len(place.lines):
        stop = span.end_line + 1 + _empty_below(place, span)
        yield Edit(place.path, Span(span.line, 0, stop, 0), "")


def _without_names(place: Place, statement: Import, kept: list[ast.alias]) -> Iterator[Edit]:
    """One edit a run of neighbouring names, from the end of the name kept before it."""
    names = statement.names
    for index, alias in enumerate(names):
        if alias in kept:
            continue
        span = place.span(alias)
        if index + 1 < len(names):
            after = place.span(names[index + 1])
            yield Edit(place.path, Span(span.line, span.column, after.line, after.column), "")
        else:
            before = place.span(kept[-1])
            yield Edit(
                place.path,
                Span(before.end_line, before.end_column, span.end_line, span.end_column),
                "",
            )


def _empty_below(place: Place, span: Span) -> int:
    """1 where the statement stood alone between empty lines, one of which must go too."""
    above = span.line == 1 or not place.lines[span.line - 2].strip()
    return int(above and not place.lines[span.end_line].strip())


def _bound(statement: Import, alias: ast.alias) -> str:
    if alias.asname:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name
