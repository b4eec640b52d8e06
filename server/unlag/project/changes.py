"""Look-up keys: which of them changed and when, and who wrote down which.

A key is text that starts with the file it is about: `file:name`, `file:function<contexts>`. Knows
nothing of what the keys mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from sys import intern

_MOST_KEYS = 100_000


def key_file(key: str) -> str:
    """What a key is about: its part before the colon, a drive's colon left aside."""
    return key[: key.find(":", 2)]


def shared(keys: Iterable[str]) -> tuple[str, ...]:
    """The same keys, each text once in memory however many look it up."""
    return tuple(map(intern, keys))


class Changes:
    """When keys changed, counted in edits: an answer remembered earlier may not hold any more."""

    def __init__(self) -> None:
        self.revision = 0
        self._changed: dict[str, int] = {}
        self._oldest = 0
        """Nothing is known any more of changes before this revision."""

    def note(self, keys: Iterable[str]) -> None:
        """Some keys changed just now."""
        self.revision += 1
        if len(self._changed) > _MOST_KEYS:
            self._changed.clear()
            self._oldest = self.revision
        self._changed.update(dict.fromkeys(keys, self.revision))

    def since(self, revision: int, keys: Collection[str]) -> bool:
        """Whether one of `keys` changed after a revision."""
        changed = self._changed
        if revision < self._oldest:
            return True
        if changed.keys().isdisjoint(keys):
            return False
        return any(changed.get(key, 0) > revision for key in keys)


class Watch:
    """What each watcher looked up, found again by what changed."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, ...]] = {}
        self._files: dict[str, frozenset[str]] = {}
        self._watchers: dict[str, set[str]] = {}
        """File -> who looked up anything about it: a watcher is looked at closer only if a key of one changed."""

    def write_down(self, watcher: str, keys: Collection[str]) -> None:
        """`watcher` looked up `keys`, and nothing else any more."""
        files = frozenset(map(key_file, keys))
        before = self._files.get(watcher, frozenset())
        for file in before - files:
            self._watchers[file].discard(watcher)
        for file in files - before:
            self._watchers.setdefault(file, set()).add(watcher)
        if files:
            self._files[watcher], self._keys[watcher] = files, shared(keys)
        elif before:
            del self._files[watcher], self._keys[watcher]

    def touched(self, changed: Collection[str]) -> set[str]:
        """The watchers that looked up one of the keys in `changed`."""
        keys = set(changed)
        found: set[str] = set()
        for file in set(map(key_file, keys)):
            for watcher in self._watchers.get(file, ()):
                if watcher not in found and not keys.isdisjoint(self._keys[watcher]):
                    found.add(watcher)
        return found
