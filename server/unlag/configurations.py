"""The configuration of every folder of one run: pyproject.toml, then the command line's own word.

Reads each pyproject.toml once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import msgspec

from unlag import config
from unlag.config import Config, RuleId
from unlag.environment import Environments
from unlag.finding import Problem
from unlag.versions import Versions


class Overrides(msgspec.Struct, frozen=True):
    """What the command line says; it goes before every file."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    versions: Versions | None = None
    """Of the environment named there; used where no configuration says otherwise."""


class Configurations:
    """Gives the configuration that holds for a path; remembers what it has read."""

    def __init__(self, rules: Sequence[RuleId], overrides: Overrides) -> None:
        self._rules = rules
        self.overrides = overrides
        self._by_folder: dict[str, Config] = {}
        self._by_file: dict[str, Config] = {}
        self._problems: list[Problem] = []
        self._environments = Environments(overrides.versions)
        self._default = _overridden(Config(), overrides)
        self._complete: dict[tuple[Config, Versions], Config] = {}
        """Files share few configurations: equal ones are one object."""

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
            base = self._default if file is None else self._read(file)
            known = self._by_folder[folder] = self._with_versions(base, folder)
        return known

    def _with_versions(self, base: Config, folder: str) -> Config:
        found = self._environments.of_folder(folder)
        known = self._complete.get((base, found))
        if known is None:
            versions = found.overridden(base.versions)
            known = msgspec.structs.replace(base, versions=versions)
            self._complete[base, found] = known
        return known

    def of_files(self, paths: Iterable[str]) -> tuple[Config, ...]:
        """The configurations that hold for any of the files, each once."""
        folders = dict.fromkeys(os.path.dirname(path) for path in paths)
        return tuple(dict.fromkeys(self.for_folder(folder) for folder in folders))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with the files read so far."""
        return tuple(self._problems)

    def _read(self, file: str) -> Config:
        known = self._by_file.get(file)
        if known is None:
            loaded = config.load(file, self._rules)
            self._problems.extend(loaded.problems)
            known = self._by_file[file] = _overridden(loaded.config, self.overrides)
        return known


def _overridden(base: Config, overrides: Overrides) -> Config:
    fields: dict[str, object] = {}
    if overrides.select:
        # to name a rule on the command line goes before a file that ignores just that
        kept = tuple(item for item in base.ignore if item not in overrides.select)
        fields = {"select": overrides.select, "ignore": kept + overrides.ignore}
    elif overrides.ignore:
        fields = {"ignore": base.ignore + overrides.ignore}
    return msgspec.structs.replace(base, **fields)
