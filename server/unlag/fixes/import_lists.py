"""Several names of one module imported at once, and several new imports put together."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.imports import member
from unlag.fixes.tree import Place


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
    """`edits` with new imports of one place and section made one edit, without blank lines between."""
    groups: dict[tuple[bool, str, Span], list[Edit]] = {}
    others = []
    for edit in dict.fromkeys(edits):
        if edit.text.strip().startswith(("import ", "from ")) and edit.text.endswith("\n"):
            groups.setdefault((not _is_standard(edit), edit.path, edit.span), []).append(edit)
        else:
            others.append(edit)
    standard_first = sorted(groups, key=lambda group: group[0])
    return (*(_joined(groups[group]) for group in standard_first), *others)


def _is_standard(edit: Edit) -> bool:
    """Whether an edit adds an import of the standard library."""
    return edit.text.split()[1].partition(".")[0] in sys.stdlib_module_names


def _joined(edits: list[Edit]) -> Edit:
    first = edits[0]
    if len(edits) == 1:
        return first
    bare = first.text.strip("\n")
    above, below = first.text.split(bare)
    lines = sorted({line for edit in edits for line in edit.text.split("\n") if line})
    return Edit(first.path, first.span, above + "\n".join(lines) + below)
