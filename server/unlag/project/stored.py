"""What is known of a project besides the facts of its files, as plain data that another process can go on from.

Whoever goes on needs the same program, the same facts and the same knowledge of libraries. Names and
routes are not here: they are worked out of links and facts sooner than they are read.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import msgspec

from unlag.project.changes import StoredWatch
from unlag.project.contexts import Node
from unlag.project.links import Links
from unlag.project.table import FileTable


class StoredIndex(msgspec.Struct, frozen=True):
    """An `Index`; of its mappings, which belong to the index, none may outlive the next update of it."""

    links: Mapping[str, Links]
    linked: StoredWatch
    """Which functions looked up what for their links."""
    contexts: Mapping[Node, int]
    reaches: Mapping[str, Mapping[str, int]]
    answers: Mapping[Hashable, tuple[Any, str]]
    remembered: StoredWatch
    count: int
    """Of the answers so far, which gives them their keys."""
    surveys: Mapping[str, Any]
    """Key of a survey -> the survey."""
    parts: Mapping[tuple[str, str], Any]
    """Key of a survey and file -> what the file says."""
    surveyed: StoredWatch
    checked: StoredWatch
    """Who is looked at again, by what they asked."""
    entered: tuple[str, ...]
    """The functions of which it was asked from where they are entered."""

    def is_of(self, tables: Mapping[str, FileTable]) -> bool:
        """Whether it speaks of the functions in `tables`, of all and of no other."""
        functions = {entry.id for table in tables.values() for entry in table.functions.values()}
        return functions == self.links.keys()
