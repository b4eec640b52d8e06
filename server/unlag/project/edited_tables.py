"""Two states of one file's table: which functions are all that differs, as far as is seen without a search.

An edited table shares with the one before whatever an edit leaves alone, so that most of it is compared by
being the same objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, TypeVar

from unlag.project.table import FileTable, FunctionEntry
from unlag.source.facts import FunctionFacts

Edits: TypeAlias = Mapping[str, tuple[FileTable, FileTable]]
"""Edited file -> its state before and after."""
_Entry = TypeVar("_Entry")


def unlike(old: Mapping[str, _Entry], new: Mapping[str, _Entry]) -> list[str]:
    """The names under which there is another object."""
    if old is new:
        return []
    return [name for name in {**old, **new} if old.get(name) is not new.get(name)]


def rewritten(
    before: FileTable, after: FileTable
) -> list[tuple[FunctionFacts, FunctionFacts]] | None:
    """The functions in which all is that two states of a file differ in, as far as is seen at once; None else.

    The same are the objects, so that nothing is compared.
    """
    if any(getattr(before, names) is not getattr(after, names) for names in _BESIDES_FUNCTIONS):
        return None
    old, new = before.functions, after.functions
    return [(old[name].facts, new[name].facts) for name in unlike(old, new)]


def altered(
    before: FileTable, after: FileTable
) -> list[tuple[FunctionFacts, FunctionFacts]] | None:
    """The functions that are others now, before and after; None where not only functions are."""
    seen_at_once = rewritten(before, after)
    if seen_at_once is not None:
        return [(old, new) for old, new in seen_at_once if old is not new and old != new]
    old, new = before.functions, after.functions
    if list(old) != list(new) or any(
        getattr(before, names) != getattr(after, names) for names in _BESIDES_FUNCTIONS
    ):
        return None
    pairs = zip(old.values(), new.values(), strict=True)
    return [(known.facts, item.facts) for known, item in pairs if differ(known, item)]


_BESIDES_FUNCTIONS = (
    "classes", "bindings", "global_bindings", "imports", "stars", "local_classes"
)  # fmt: skip


def differ(old: FunctionEntry, new: FunctionEntry) -> bool:
    """Whether two states of a function have other facts."""
    return old.facts is not new.facts and old.facts != new.facts


def imports_more(before: FileTable | None, after: FileTable) -> bool:
    """Whether a file may import what it did not."""
    functions = rewritten(before, after) if before is not None else None
    return functions is None or any(old.imports != new.imports for old, new in functions)


def calls_as_much(before: FileTable, after: FileTable) -> bool:
    """Whether functions are all that differs, and all of them make the calls that they made."""
    functions = rewritten(before, after)
    return functions is not None and all(old.calls == new.calls for old, new in functions)


def shares_as_much(before: FileTable, after: FileTable) -> bool:
    """Whether functions are all that differs, and none of them is decorated otherwise."""
    functions = rewritten(before, after)
    return functions is not None and all(old.decorators == new.decorators for old, new in functions)
