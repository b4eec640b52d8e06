"""What the configuration says about a project's structure, and what paths alone tell of its files."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from unlag.versions import Versions

TEST_FOLDERS = frozenset({"tests", "test"})
_ASIDE = TEST_FOLDERS | {"example", "examples", "demo", "demos", "sample", "samples"}


def is_aside(path: str, other: str) -> bool:
    """Whether a file lies with tests or examples, seen from another file of the project."""
    folders = set(path.split("/")[:-1]) - set(other.split("/")[:-1])
    return not _ASIDE.isdisjoint(folders)


class Options(msgspec.Struct, frozen=True):
    """What the configuration says about the project's structure."""

    roots: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    """Dotted names of functions that a framework calls on the loop without it being seen."""
    versions_of: Callable[[str], Versions] = lambda path: Versions()
    """The versions of libraries that a file's project runs with."""

    def relative(self, path: str) -> str:
        """`path` from the innermost root it lies in: the same on every machine."""
        inside = [root for root in self.roots if path.startswith(root.rstrip("/") + "/")]
        start = max((len(root.rstrip("/")) + 1 for root in inside), default=0)
        return path[start:]

    def is_test(self, path: str) -> bool:
        """Whether a file belongs to a test suite, by its name or a folder below its root."""
        name = path.rpartition("/")[2]
        if name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py":
            return True
        inside = [root for root in self.roots if path.startswith(root.rstrip("/") + "/")]
        start = max((len(root) for root in inside), default=0)
        return any(part in TEST_FOLDERS for part in path[start:].split("/")[:-1])
