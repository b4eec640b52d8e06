"""What the analysis thread hands to the event loop: immutable, complete, swapped in as one.

Plain data; converts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from unlag.finding import Finding, Problem
from unlag.versions import Known


class Overlay(msgspec.Struct, frozen=True):
    """An open document's text, which wins over the disk's."""

    version: int
    text: str


class Folder(msgspec.Struct, frozen=True):
    """A folder to analyse."""

    path: str
    is_shallow: bool = False
    """Whether only the files directly in it count: it is no project, a file in it was opened."""


class View(msgspec.Struct, frozen=True):
    """Everything known after one analysis."""

    generation: int = 0
    """The last thing asked of the analysis that this view answers."""
    findings: Mapping[str, tuple[Finding, ...]] = {}
    problems: Mapping[str, tuple[Problem, ...]] = {}
    """What is wrong with configuration files."""
    versions: Mapping[str, int] = {}
    """The versions of open documents that were analysed."""
    wide: Mapping[str, Mapping[int, str]] = {}
    """Path -> line from 1 -> text, for lines that are not plain ASCII: columns need them."""
    style_of: Callable[[str], str] = lambda path: "run_in_threadpool"
    """The offload style configured for a file."""
    files: int = 0
    is_complete: bool = False
    """False until every folder has been indexed once."""
    is_whole: bool = True
    """False where somebody stopped the reading of files: what those left hold is not known."""
    libraries: tuple[Known, ...] = ()
    """What is known of the versions of libraries."""
    endpoints: int = 0
    """How many routes answer requests."""

    def line(self, path: str, number: int) -> str:
        """A line as far as columns depend on it: empty where it is plain ASCII."""
        return self.wide.get(path, {}).get(number, "")


class Analysed(msgspec.Struct, frozen=True):
    """A new view, and the files that have other findings in it than in the one before."""

    view: View
    changed: frozenset[str]
    edited: frozenset[str]
    """Open documents whose text was taken in: their client waits for this version."""


class Indexing(msgspec.Struct, frozen=True):
    """How far the reading of a folder has come; `done` equals `total` at its end."""

    folder: str
    done: int
    total: int
    unread: int = 0
    """Files that were left out, as the user did not want to wait for them."""


class Failed(msgspec.Struct, frozen=True):
    """An analysis that did not come to its end: a fault of ours."""

    message: str


Report = Analysed | Indexing | Failed


def wide_lines(text: str) -> dict[int, str]:
    """The lines of `text` that are not plain ASCII, by number from 1."""
    if text.isascii():
        return {}
    return {number: line for number, line in enumerate(text.split("\n"), 1) if not line.isascii()}
