"""The texts of files as they hold now."""

from __future__ import annotations

import os
from collections.abc import Mapping

from unlag import files
from unlag.finding import Problem
from unlag.lsp.log import logger
from unlag.lsp.view import Overlay, wide_lines


class Texts:
    """Texts as they hold now: an open document's own, else the disk's."""

    def __init__(self) -> None:
        self.overlays: dict[str, Overlay] = {}
        self._wide: dict[str, Mapping[int, str]] = {}
        self._handed: Mapping[str, Mapping[int, str]] = {}
        self._is_handed = True
        self._stamps: dict[str, tuple[int, int]] = {}
        """Of each file when it was read from the disk."""

    def read(self, path: str) -> str | None:
        """The text at `path`; None where there is no file that can be read."""
        text, self._stamps[path] = self._now(path)
        self._keep(path, wide_lines(text) if text is not None else {})
        return text

    def again(self, path: str) -> str | None:
        """What `read` gave for `path` the last time; None where the disk has something else now."""
        text, stamp = self._now(path)
        return text if stamp == self._stamps.get(path) else None

    def _now(self, path: str) -> tuple[str | None, tuple[int, int]]:
        overlay = self.overlays.get(path)
        return (overlay.text, (overlay.version, 0)) if overlay is not None else on_disk(path)

    def wide(self) -> Mapping[str, Mapping[int, str]]:
        """The lines that are not plain ASCII of every file read."""
        if not self._is_handed:
            self._handed = dict(self._wide)
            self._is_handed = True
        return self._handed

    def _keep(self, path: str, lines: Mapping[int, str]) -> None:
        if lines or path in self._wide:
            self._is_handed = False
            if lines:
                self._wide[path] = lines
            else:
                del self._wide[path]


def on_disk(path: str) -> tuple[str | None, tuple[int, int]]:
    """A file's text and the mark of its state."""
    source = files.read(path)
    if isinstance(source, Problem):
        if os.path.lexists(path):
            logger.warning("%s: %s", path, source.message)
        return None, (0, 0)
    return source.text, (0, 0) if source.form is None else source.form.stamp
