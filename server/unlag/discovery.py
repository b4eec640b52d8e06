"""Lists the Python and deployment files below the paths a user names, and the project they belong to.

Leaves out what .gitignore, the configuration and the table below exclude; enters no symbolic
link to a folder, so loops cannot trap it. Reads no source file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from unlag.config import Config
from unlag.deployment.names import kind_of
from unlag.files import reason
from unlag.finding import Problem

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

EXCLUDED_FOLDERS = frozenset(
    {
        ".bzr", ".direnv", ".eggs", ".git", ".hg", ".hypothesis", ".idea", ".ipynb_checkpoints",
        ".mypy_cache", ".nox", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox",
        ".venv", ".vscode", "__pycache__", "__pypackages__", "_build", "build", "buck-out", "dist",
        "node_modules", "site-packages", "dist-packages",
    }
)  # fmt: skip
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")


class Discovery(msgspec.Struct, frozen=True):
    """The files there are, absolute and sorted, and what could not be listed."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


class Level(msgspec.Struct, frozen=True):
    """One list of patterns and the folder it is relative to."""

    prefix: int
    """Length of the folder's path with its separator."""
    folders: GitIgnoreSpec
    """Every pattern."""
    files: GitIgnoreSpec
    """Only the patterns that can match a name ending in `.py`: most cannot, and each costs."""


def discover(paths: Iterable[str], config_for: Callable[[str], Config]) -> Discovery:
    """The Python and deployment files at and below `paths`, which are absolute.

    A file or folder named in `paths` is taken whatever excludes it. `config_for` gives the
    configuration of a folder.
    """
    walk = _Walk()
    for path in paths:
        if os.path.isdir(path):
            walk.run(path, _levels_above(path, config_for(path)))
        elif os.path.lexists(path):
            walk.files.add(path)
        else:
            message = "There is no such file or folder. Correct the path."
            walk.problems.append(Problem(path, message, fatal=True))
    return walk.found()


def project_root(path: str, here: str = "") -> str:
    """The folder of the project that the absolute `path` belongs to.

    That is the closest one, going up, that has a project file; without one, the working directory
    `here` where that is above `path`, else the folder the outermost package stands in. Never the home
    folder, that of temporary files or the root of the file system.
    """
    start = path if os.path.isdir(path) else os.path.dirname(path)
    home = os.path.expanduser("~")
    folder = start
    while folder != home and os.path.dirname(folder) != folder:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in _PROJECT_MARKS):
            return folder
        folder = os.path.dirname(folder)
    while os.path.isfile(os.path.join(start, "__init__.py")):
        start = os.path.dirname(start)
    if not here or not start.startswith(here.rstrip(os.sep) + os.sep):
        return start
    import tempfile  # most projects have a file that says where they begin

    return start if here in (home, tempfile.gettempdir(), os.path.dirname(here)) else here


class _Walk:
    """One run over a tree; collects what it meets."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.links: list[str] = []
        self.problems: list[Problem] = []

    def run(self, top: str, levels: tuple[Level, ...]) -> None:
        """Take every wanted file below `top`, which itself is taken whatever its name."""
        waiting = self._enter(top, levels, self._listed(top))
        while waiting:
            folder, levels = waiting.pop()
            entries = self._listed(folder)
            names = {entry.name for entry in entries}
            if not _ENVIRONMENT_MARKS.isdisjoint(names):
                continue
            if ".gitignore" in names:
                levels = (*levels, *_gitignore(folder))
            waiting.extend(self._enter(folder, levels, entries))

    def found(self) -> Discovery:
        """The files met, a linked one only where its target was not met itself."""
        if self.links:
            real = {os.path.realpath(path) for path in self.files}
            for link in sorted(self.links):
                target = os.path.realpath(link)
                if target not in real:
                    real.add(target)
                    self.files.add(link)
        return Discovery(tuple(sorted(self.files)), tuple(self.problems))

    def _listed(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            if os.path.lexists(folder):  # else it vanished between two looks
                message = f"The folder cannot be read: {reason(error)}. Its files are left out."
                self.problems.append(Problem(folder, message))
            return []

    def _enter(
        self, folder: str, levels: tuple[Level, ...], entries: list[os.DirEntry[str]]
    ) -> list[tuple[str, tuple[Level, ...]]]:
        """Takes the files of one folder; the folders in it that are wanted too."""
        below = []
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                ignored = _verdict(entry.path, levels, folder=True)
                if not (_is_never_wanted(name) if ignored is None else ignored):
                    below.append((entry.path, levels))
            elif _is_wanted(entry.path, levels):
                if entry.is_symlink():
                    if not os.path.isdir(entry.path):  # entry.is_dir() raises on a loop
                        self.links.append(entry.path)
                elif entry.is_file():
                    self.files.add(entry.path)
        return below


def _is_wanted(path: str, levels: tuple[Level, ...]) -> bool:
    if path.endswith(".py"):
        return not _verdict(path, levels, folder=False)
    return kind_of(path) is not None and not _verdict(path, levels, folder=False, every=True)


def _is_never_wanted(name: str) -> bool:
    return name in EXCLUDED_FOLDERS or name.endswith(".egg-info")


def _verdict(
    path: str, levels: tuple[Level, ...], *, folder: bool, every: bool = False
) -> bool | None:
    """Whether the patterns leave `path` out; None where no pattern says anything.

    Of `every` pattern, or only of those that can match a folder or a Python file.
    """
    for level in reversed(levels):
        name = path[level.prefix :].replace(os.sep, "/")
        patterns = level.folders if folder or every else level.files
        checked = patterns.check_file(name + "/" if folder else name)
        verdict = checked.include
        if verdict is not None:
            return verdict
    return None


def _levels_above(folder: str, config: Config) -> tuple[Level, ...]:
    """The pattern lists that hold in `folder`, the strongest last."""
    above: list[Level] = []
    for ancestor in _ancestors_in_repository(folder):
        above[:0] = _gitignore(ancestor)
    if _verdict(folder, tuple(above), folder=True):
        above = []  # the user named it nevertheless
    exclude = _level(config.exclude, config.root or folder)
    if folder != config.root and _verdict(folder, tuple(exclude), folder=True):
        exclude = []
    return (*above, *_gitignore(folder), *exclude)


def _ancestors_in_repository(folder: str) -> list[str]:
    """The folders above `folder` up to the root of its git repository, the closest first."""
    above: list[str] = []
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return []  # no repository
        above.append(parent)
        folder = parent
    return above


def _gitignore(folder: str) -> list[Level]:
    own = _lines(os.path.join(folder, ".gitignore"))
    return _level(_lines(os.path.join(folder, ".git", "info", "exclude")) + own, folder)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read().splitlines()
    except OSError:
        return []  # git reads on without it as well


def _level(patterns: Sequence[str], root: str) -> list[Level]:
    patterns = [line for line in patterns if line.strip() and not line.startswith("#")]
    if not patterns:
        return []
    from pathspec import GitIgnoreSpec  # a tenth of start-up, and many projects have no patterns

    try:
        of_folders = GitIgnoreSpec.from_lines(patterns)
    except ValueError:  # such as a lone `!`: git passes over it as well
        patterns = [pattern for pattern in patterns if _compiles(pattern)]
        of_folders = GitIgnoreSpec.from_lines(patterns)
    of_files = GitIgnoreSpec.from_lines([line for line in patterns if _can_match_python(line)])
    return [Level(len(root.rstrip(os.sep)) + 1, of_folders, of_files)]


def _compiles(pattern: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return False
    return True


def _can_match_python(pattern: str) -> bool:
    """Whether a name ending in `.py` can fit; True where only the whole rule would tell."""
    return pattern.endswith((".py", "y", "*", "?", "]", " ", "\\"))
