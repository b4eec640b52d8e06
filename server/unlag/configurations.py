"""The configuration of every folder of one run: pyproject.toml, then the command line's own word.

Reads each pyproject.toml once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from unlag import config
from unlag.config import Config, RuleId
from unlag.environment import Versions
from unlag.finding import Problem


class Overrides(msgspec.Struct, frozen=True):
    """What the command line says; it goes before every file."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    versions: Versions = Versions()
    """Found in the project's environment; used where no file says otherwise."""


class Configurations:
    """Gives the configuration that holds for a path; remembers what it has read."""

    def __init__(self, rules: Sequence[RuleId], overrides: Overrides) -> None:
        self._rules = rules
        self._overrides = overrides
        self._by_folder: dict[str, Config] = {}
        self._by_file: dict[str, Config] = {}
        self._problems: list[Problem] = []
        self._default = _overridden(Config(), overrides)

    def for_path(self, path: str) -> Config:
        """The configuration for a file or folder, absolute."""
        known = self._by_folder.get(path) or self._by_folder.get(os.path.dirname(path))
        if known is not None:
            return known
        return self.for_folder(path if os.path.isdir(path) else os.path.dirname(path))

    def for_folder(self, folder: str) -> Config:
        """The configuration for everything directly in `folder`."""
        known = self._by_folder.get(folder)
        if known is None:
            file = config.nearest(folder)
            known = self._default if file is None else self._read(file)
            self._by_folder[folder] = known
        return known

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with the files read so far."""
        return tuple(self._problems)

    def _read(self, file: str) -> Config:
        known = self._by_file.get(file)
        if known is None:
            loaded = config.load(file, self._rules)
            self._problems.extend(loaded.problems)
            known = self._by_file[file] = _overridden(loaded.config, self._overrides)
        return known


def _overridden(base: Config, overrides: Overrides) -> Config:
    fields: dict[str, object] = {}
    if overrides.select:
        # to name a rule on the command line goes before a file that ignores just that
        kept = tuple(item for item in base.ignore if item not in overrides.select)
        fields = {"select": overrides.select, "ignore": kept + overrides.ignore}
    elif overrides.ignore:
        fields = {"ignore": base.ignore + overrides.ignore}
    fields["fastapi"] = base.fastapi or overrides.versions.fastapi
    fields["pydantic"] = base.pydantic or overrides.versions.pydantic
    return msgspec.structs.replace(base, **fields)
