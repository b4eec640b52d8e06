"""Which files belong to a project: those that its folders hold, and open documents that are to be there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from unlag import discovery
from unlag.config import Config
from unlag.deployment.names import kind_of
from unlag.lsp.log import logger
from unlag.lsp.texts import Texts


class Members:
    """The files of one project."""

    def __init__(
        self, root: str, texts: Texts, config_for: Callable[[str], Config], *, is_shallow: bool
    ) -> None:
        """`config_for` gives the configuration of a folder; shallow is who has nothing below `root`'s own files."""
        self._root = root
        self._texts = texts
        self._config_for = config_for
        self._is_shallow = is_shallow
        self.files: frozenset[str] = frozenset()
        """What the project is known to have."""
        self._listed: frozenset[str] = frozenset()
        """What the folders held when they were last looked at."""
        self._foreign: set[str] = set()
        """Open documents found not to belong to the project."""

    def look(self) -> None:
        """Know the files that are there now, and no others."""
        self.files = self._discovered()
        self.files |= {path for path in self._texts.overlays if self.wants(path)}

    def read(self, path: str) -> tuple[str | None, bool]:
        """The text that holds now at `path`, and whether it says anything new: it came, went or is there."""
        is_wanted = path in self._listed or path in self._texts.overlays
        text = self._texts.read(path) if is_wanted else None
        was_known = path in self.files
        if was_known is (text is None):
            self.files ^= {path}  # it came or went
        return text, text is not None or was_known

    def covers(self, path: str) -> bool:
        """Whether `path` lies in the project."""
        return is_below(path, self._root)

    def wants(self, path: str) -> bool:
        """Whether an open document belongs to the project: not one of an installed package."""
        if path in self.files:
            return True
        if path in self._foreign or not self.covers(path):
            return False
        inside = os.path.dirname(path[len(self._root) :])
        if _is_excluded(inside) or (os.path.lexists(path) and path not in self._discovered()):
            self._foreign.add(path)
            return False
        return True

    def affected(self, touched: Iterable[str]) -> set[str]:
        """The files whose texts can have changed where something happened at `touched`."""
        found: set[str] = set()
        is_new = False
        for path in touched:
            if path in self.files:
                found.add(path)
                is_new = is_new or path not in self._listed
            elif not self.covers(path) or _is_excluded(path[len(self._root) :]):
                continue
            elif os.path.isdir(path) or (_is_source(path) and os.path.lexists(path)):
                is_new = True
            elif not os.path.lexists(path):
                found.update(file for file in self.files if is_below(file, path))
        if is_new:
            found |= self.moved()
        return found

    def moved(self) -> set[str]:
        """The files that came or went, by what the folders and .gitignore say now."""
        changed = self._discovered() ^ self.files
        # an open document that no folder lists, such as one that was never saved, stays
        return {path for path in changed if path not in self._texts.overlays}

    def _discovered(self) -> frozenset[str]:
        self._foreign.clear()
        self._listed = self._source_files() if self._is_shallow else self._walked()
        return self._listed

    def _walked(self) -> frozenset[str]:
        found = discovery.discover((self._root,), self._config_for)
        for problem in found.problems:
            logger.warning("%s: %s", problem.path, problem.message)
        return frozenset(found.files)

    def _source_files(self) -> frozenset[str]:
        try:
            with os.scandir(self._root) as entries:
                return frozenset(
                    entry.path for entry in entries if _is_source(entry.path) and entry.is_file()
                )
        except OSError:
            return frozenset()


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_source(path: str) -> bool:
    return path.endswith(".py") or kind_of(path) is not None


def _is_excluded(inside: str) -> bool:
    return not discovery.EXCLUDED_FOLDERS.isdisjoint(inside.split(os.sep))
