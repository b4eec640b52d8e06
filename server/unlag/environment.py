"""Versions of the libraries each folder's project runs with, from its environment, lock file or requirements.

Runs no interpreter and imports nothing of the project: folder names and texts tell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

import msgspec

from unlag.manifests import is_manifest, locked, normalized, required
from unlag.versions import DISTRIBUTIONS, Known, Versions

_METADATA = re.compile(r"([A-Za-z0-9][\w.]*)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info")
_INTERPRETER = re.compile("python|pypy", re.IGNORECASE)
_ENVIRONMENTS = (".venv", "venv", "env", os.path.join(".pixi", "envs", "default"))
_FRAMEWORKS = ("fastapi", "starlette")


class Sources(msgspec.Struct, frozen=True):
    """What one folder itself says, the surest first."""

    environment: Versions = Versions()
    lock: Versions = Versions()
    requirements: Versions = Versions()


class Environments:
    """Answers for every folder of one run; remembers what it has read."""

    def __init__(self, chosen: Versions | None = None) -> None:
        self._chosen = chosen
        """Of the environment that the user named; it holds for every folder."""
        self._active = os.environ.get("VIRTUAL_ENV", "")
        self._versions: dict[str, Versions] = {}
        self._sources: dict[str, Sources] = {}
        self._listings: dict[str, frozenset[str]] = {}

    def of_folder(self, folder: str) -> Versions:
        """What the files directly in `folder` run with."""
        if self._chosen is not None:
            return self._chosen
        known = self._versions.get(folder)
        if known is None:
            known = self._versions[folder] = self._found(folder)
        return known

    def _found(self, folder: str) -> Versions:
        if not self._has_own_word(folder) and os.path.dirname(folder) != folder:
            return self.of_folder(os.path.dirname(folder))
        sources = list(_of_one_project(self._sources_of(place) for place in self._chain(folder)))
        ranked = [
            *self._active_environment(folder),
            *(item.environment for item in sources),
            *(item.lock for item in sources),
            *(item.requirements for item in sources),
        ]
        # an environment or lock file without a framework belongs to some tool
        complete = (item for item in ranked if any(map(_named(item).__contains__, _FRAMEWORKS)))
        return next(complete, None) or next((item for item in ranked if item.known), Versions())

    def _has_own_word(self, folder: str) -> bool:
        names = self._names(folder)
        return not names.isdisjoint((*_ENVIRONMENTS, ".pixi", ".git")) or any(
            map(is_manifest, names)
        )

    def _chain(self, folder: str) -> Iterator[str]:
        """The folder and those above it, up to the repository's."""
        home = os.path.expanduser("~")
        while folder != home and os.path.dirname(folder) != folder:
            yield folder
            if ".git" in self._names(folder):
                return
            folder = os.path.dirname(folder)

    def _active_environment(self, folder: str) -> Iterator[Versions]:
        """The active environment, unless it is that of another project."""
        home = os.path.dirname(self._active)
        is_ours = folder == home or folder.startswith(home.rstrip(os.sep) + os.sep)
        if self._active and (is_ours or not any(map(is_manifest, self._names(home)))):
            yield of_environment(self._active)

    def _sources_of(self, folder: str) -> Sources:
        known = self._sources.get(folder)
        if known is None:
            names = self._names(folder)
            places = [name for name in _ENVIRONMENTS if name.partition(os.sep)[0] in names]
            installed = (of_environment(os.path.join(folder, name)) for name in places)
            known = self._sources[folder] = Sources(
                next((item for item in installed if item.known), Versions()),
                locked(folder, names),
                required(folder, names),
            )
        return known

    def _names(self, folder: str) -> frozenset[str]:
        known = self._listings.get(folder)
        if known is None:
            known = self._listings[folder] = frozenset(_listed(folder))
        return known


def _of_one_project(sources: Iterable[Sources]) -> Iterator[Sources]:
    """The nearest folder's first; those above it without what contradicts the ones below: that is another project's."""
    asked: list[Versions] = []

    def ours(versions: Versions) -> Versions:
        return Versions() if any(map(versions.contradicts, asked)) else versions

    for item in sources:
        yield Sources(ours(item.environment), ours(item.lock), item.requirements)
        asked += (item.lock, item.requirements)


def of_interpreter(path: str) -> Versions | None:
    """What the environment of a Python executable, or the environment in a folder, holds.

    None where `path` leads to no environment.
    """
    root = path if os.path.isdir(path) else _home_of(path)
    return of_environment(root) if root and _site_packages(root) else None


def packages(place: str) -> tuple[str, ...]:
    """The folders of the packages installed in an environment: an interpreter's, or a project folder's own."""
    if not os.path.isdir(place):
        home = _home_of(place)
        return tuple(_site_packages(home)) if home else ()
    found = (_site_packages(os.path.join(place, name)) for name in ("", *_ENVIRONMENTS))
    return tuple(next(filter(None, found), ()))


def of_environment(root: str) -> Versions:
    """What is installed in the environment in the folder `root`."""
    found: dict[str, Known] = {}
    for folder in _site_packages(root):
        for name in _listed(folder):
            match = _METADATA.fullmatch(name)
            if match is not None and (distribution := normalized(match[1])) in DISTRIBUTIONS:
                found.setdefault(distribution, Known(distribution, f"=={match[2]}", root))
    return Versions(tuple(sorted(found.values(), key=lambda item: item.distribution)))


def _named(versions: Versions) -> frozenset[str]:
    return frozenset(item.distribution for item in versions.known)


def _home_of(interpreter: str) -> str:
    """The folder of the environment that an interpreter belongs to; empty where `interpreter` is none."""
    folder, name = os.path.split(os.path.abspath(interpreter))
    is_interpreter = os.path.isfile(interpreter) and _INTERPRETER.match(name)
    return os.path.dirname(folder) if is_interpreter else ""


def _site_packages(root: str) -> list[str]:
    candidates = [os.path.join(root, "Lib", "site-packages")]
    library = os.path.join(root, "lib")
    for name in sorted(_listed(library), reverse=True):
        if name.startswith("python"):
            candidates.append(os.path.join(library, name, "site-packages"))
            candidates.append(os.path.join(library, name, "dist-packages"))
    return [folder for folder in candidates if os.path.isdir(folder)]


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
