"""Several names of one module imported at once, and names that a rewritten definition no longer needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.imports import member
from unlag.fixes.names import imported
from unlag.fixes.tree import Place

_REMOVED_FROM = ("starlette.", "fastapi", "typing", "collections.abc")


def members(place: Place, module: str, names: Sequence[str]) -> tuple[Edit, ...] | Refusal:
    """The edits that make every one of `names` of `module` known by that name."""
    inserted: list[str] = []
    edits: list[Edit] = []
    for name in sorted(names):
        found = member(place, module, name, same=f"fastapi.{module.partition('.')[2]}.{name}")
        if found is None or found.name != name:
            return Refusal(f"`{name}` means something else in this module.")
        if any(edit.text.strip() == f"from {module} import {name}" for edit in found.edits):
            inserted.append(name)
            edits = [edit for edit in edits if not edit.text.strip().startswith(f"from {module}")]
        edits.extend(
            Edit(edit.path, edit.span, _all_of(edit.text, module, name, inserted))
            for edit in found.edits
        )
    return tuple(dict.fromkeys(edits))


def _all_of(text: str, module: str, name: str, inserted: list[str]) -> str:
    single = f"from {module} import {name}"
    if text.strip() != single:
        return text
    return text.replace(single, f"from {module} import {', '.join(inserted)}")


def together(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """`edits` with new imports of one place made one edit, sorted and without blank lines between."""
    groups: dict[tuple[str, Span], list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        if edit.text.strip().startswith(("import ", "from ")) and edit.text.endswith("\n"):
            groups.setdefault((edit.path, edit.span), []).append(edit)
    merged = {edit for items in groups.values() for edit in items}
    kept = [edit for edit in dict.fromkeys(edits) if edit not in merged]
    return (*(_joined(items) for items in groups.values()), *kept)


def _joined(edits: list[Edit]) -> Edit:
    first = edits[0]
    if len(edits) == 1:
        return first
    bare = first.text.strip("\n")
    above, below = first.text.split(bare)
    lines = sorted({line for edit in edits for line in edit.text.split("\n") if line})
    return Edit(first.path, first.span, above + "\n".join(lines) + below)


def without_unused(place: Place, node: ast.AST, kept: set[str]) -> Iterator[Edit]:
    """The edits that remove imports which only `node` used, and no word of `kept` names."""
    inside = {id(one) for one in ast.walk(node)}
    used_here = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    elsewhere = {
        one.id
        for one in ast.walk(place.tree)
        if isinstance(one, ast.Name) and id(one) not in inside
    }
    texts = [
        one.value
        for one in ast.walk(place.tree)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in inside
    ]
    gone = {
        name for name in used_here - elsewhere - kept if not any(name in text for text in texts)
    }
    for statement in place.tree.body:
        if isinstance(statement, ast.ImportFrom) and _is_removable(statement):
            yield from _shortened(place, statement, gone)


def _is_removable(statement: ast.ImportFrom) -> bool:
    return not statement.level and (statement.module or "").startswith(_REMOVED_FROM)


def _shortened(place: Place, statement: ast.ImportFrom, gone: set[str]) -> Iterator[Edit]:
    names = [name for name, _ in imported(statement)]
    left = [name for name in names if name not in gone]
    if len(left) == len(names):
        return
    span = place.span(statement)
    line = place.lines[span.line - 1]
    if not left and line.strip() == place.code(statement).split("\n")[0].strip():
        yield Edit(place.path, Span(span.line, 0, span.end_line + 1, 0), "")
        return
    for index, name in enumerate(names):
        if name in gone and left:
            yield _without_alias(place, statement, index)


def _without_alias(place: Place, statement: ast.ImportFrom, index: int) -> Edit:
    """The edit that takes out one name and the comma that goes with it."""
    own = place.span(statement.names[index])
    line = place.lines[own.line - 1]
    rest = line[own.end_column :].lstrip()
    if not line[: own.column].strip() and rest in (",", ""):
        return Edit(place.path, Span(own.line, 0, own.line + 1, 0), "")
    if index + 1 < len(statement.names):
        following = place.span(statement.names[index + 1])
        return Edit(place.path, Span(own.line, own.column, following.line, following.column), "")
    before = place.span(statement.names[index - 1])
    return Edit(
        place.path, Span(before.end_line, before.end_column, own.end_line, own.end_column), ""
    )
