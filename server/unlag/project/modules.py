"""Which file an import means: packages, `src` folders, namespace packages and several roots, from paths alone.

Reads no disk and no environment: a module that is not among the files is outside the project.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from posixpath import dirname

from unlag.project.table import stem_of
from unlag.source.facts import Import

_STARTED_AT = ("main", "app", "asgi")


class Modules:
    """The modules of a set of files, by their stems (paths without `.py` or `/__init__.py`)."""

    def __init__(
        self, paths: Iterable[str], roots: tuple[str, ...], is_library: Callable[[str], bool]
    ) -> None:
        self.paths: dict[str, str] = {}
        """Stem -> file; a package before a module of its name."""
        self._roots = tuple(sorted({root.rstrip("/") for root in roots}, key=len, reverse=True))
        self._is_library = is_library
        self._packages: set[str] = set()
        self._folders: set[str] = set()
        self._tops: dict[str, list[str]] = {}
        self._search: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        for path in paths:
            stem, is_package = stem_of(path)
            if is_package:
                self._packages.add(stem)
            if is_package or stem not in self.paths:
                self.paths[stem] = path
            folder = dirname(path)
            while folder not in self._folders and len(folder) > 1:
                self._folders.add(folder)
                folder = dirname(folder)
        self._started = {
            package
            for package in self._packages
            if any(f"{package}/{name}" in self.paths for name in _STARTED_AT)
        }
        """Packages with a file that programs mostly start at."""
        for package in sorted(self._packages):
            parent = dirname(package)
            if parent not in self._packages:
                self._tops.setdefault(package.rpartition("/")[2], []).append(parent)

    def of(self, paths: Iterable[str]) -> Modules:
        """The modules of other files in the same place."""
        return Modules(paths, self._roots, self._is_library)

    def unlike(self, other: Modules) -> set[str]:
        """The stems that mean something else among the modules `other`."""
        mine, others = self.paths, other.paths
        moved = {stem for stem in mine.keys() | others.keys() if mine.get(stem) != others.get(stem)}
        return moved | (self._folders ^ other._folders)

    def has_packages_of(self, other: Modules) -> bool:
        """Whether the same folders are packages, and started in: where imports are looked for hangs on that."""
        return (self._packages, self._started) == (other._packages, other._started)

    def is_module(self, stem: str) -> bool:
        """Whether there is a file, or a folder that serves as a namespace package."""
        return stem in self.paths or stem in self._folders

    def absolute(self, importer: str, module: str) -> str | None:
        """The stem that `import module` in the file `importer` means, or None where it is outside."""
        folder = dirname(importer)
        key = (folder, module)
        if key not in self._found:
            self._found[key] = self._find(folder, module)
        return self._found[key]

    def relative(self, importer: str, level: int, module: str) -> str | None:
        """The stem that `from ..module import` means."""
        folder = dirname(importer)
        for _ in range(level - 1):
            folder = dirname(folder)
        stem = f"{folder}/{module.replace('.', '/')}" if module else folder
        return stem if self.is_module(stem) else None

    def meaning(self, importer: str, item: Import) -> tuple[str | bool | None, ...]:
        """All that an import statement in the file `importer` takes from here, comparable by `==`."""
        package: str | None = None
        if item.level:
            stem = self.relative(importer, item.level, item.module)
        else:
            stem = self.absolute(importer, item.module)
            package = self.absolute(importer, item.module.partition(".")[0])
        inner = f"{stem}/{item.attribute}"
        return (
            stem,
            self.paths.get(stem or ""),
            package,
            package in self.paths,
            self.paths.get(inner),
            self.is_module(inner),
        )

    def _find(self, folder: str, module: str) -> str | None:
        tail = module.replace(".", "/")
        top = module.partition(".")[0]
        for root in self._roots_of(folder):
            stem = f"{root}/{tail}"
            if stem in self.paths or (stem in self._folders and self._is_namespace(stem, top)):
                return stem
        for root in self._tops.get(top, ()):
            stem = f"{root}/{tail}"
            if self.is_module(stem):
                return stem
        if self._is_library(top) or top in sys.stdlib_module_names:
            return None
        stems = (f"{root}/{tail}" for root in self._started_in(folder))
        return next((stem for stem in stems if stem in self.paths), None)

    def _started_in(self, folder: str) -> Iterable[str]:
        """The packages around `folder` that a program can be started in, which makes them no packages."""
        while folder in self._packages:
            parent = dirname(folder)
            if parent not in self._packages or folder in self._started:
                yield folder
            folder = parent

    def _is_namespace(self, stem: str, top: str) -> bool:
        return stem not in self._packages and not self._is_library(top)

    def _roots_of(self, folder: str) -> tuple[str, ...]:
        """Folders that can be on the import path of a file in `folder`, nearest first."""
        known = self._search.get(folder)
        if known is None:
            known = self._search[folder] = tuple(self._ancestors(folder))
        return known

    def _ancestors(self, folder: str) -> Iterable[str]:
        while folder in self._packages:
            folder = dirname(folder)
        limit = next((root for root in self._roots if _is_inside(folder, root)), folder)
        while len(folder) >= len(limit) and len(folder) > 1:
            yield folder
            folder = dirname(folder)


def _is_inside(folder: str, root: str) -> bool:
    return folder == root or folder.startswith(root + "/")
