"""The files of one run as they are read: their texts, what they were like, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from unlag import files
from unlag.cli.cache import Seen
from unlag.deployment.names import kind_of
from unlag.deployment.reading import can_tell
from unlag.files import Source
from unlag.finding import Problem


class Sources:
    """Reads the files of one run, and remembers what they were like."""

    def __init__(self, targets: Sequence[str]) -> None:
        """`targets` is what the user named: trouble with those is never small."""
        self._targets = targets
        self._problems: dict[Problem, None] = {}
        self._seen: dict[str, Seen] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with the files read so far."""
        return tuple(self._problems)

    def seen(self, paths: Iterable[str]) -> tuple[Seen, ...]:
        """The files at `paths` as they were read; fewer than those where some could not be."""
        return tuple(self._seen[path] for path in paths if path in self._seen)

    def read(self, path: str) -> str | None:
        """The text at `path`; None where it cannot be read, or is of a kind that tells nothing of its own."""
        source = files.read(path)
        problem = source if isinstance(source, Problem) else source.problem
        if problem is not None and (kind_of(path) is None or path in self._targets):
            self._note(problem)  # what may be no text at all is only said of files named
        if isinstance(source, Problem):
            return None
        self._seen[path] = Seen.of(source)
        if kind_of(path) is not None and not can_tell(path, source.text):
            return None
        return source.text

    def again(self, path: str) -> str | None:
        """The text of a file once more; None where it has changed since it was read."""
        source, seen = files.read(path), self._seen.get(path)
        if not isinstance(source, Source) or seen is None:
            return None
        has_stamp = source.form is not None and source.form.stamp == seen.stamp
        return source.text if has_stamp or Seen.of(source) == seen else None

    def digest(self, path: str) -> bytes:
        """Of the text at `path`, which is read where it was not yet; empty where it cannot be."""
        if path not in self._seen:
            self.read(path)
        seen = self._seen.get(path)
        return b"" if seen is None else seen.digest

    def _note(self, problem: Problem) -> None:
        if problem.path in self._targets:
            problem = msgspec.structs.replace(problem, fatal=True)
        self._problems[problem] = None
