"""Look-up keys: which of them changed and when, and who wrote down which.

A key is text that starts with the file it is about: `file:name`, `file:function<contexts>`. Knows
nothing of what the keys mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from sys import intern

_MOST_KEYS = 100_000


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
    """What each watcher looked up, found again by what changed.

    Keys are kept as their hashes: two keys of one hash cost a needless look, never a wrong answer. Watchers
    are kept as numbers. There are hundreds of thousands of pairs.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        """Watchers by number; empty where one has gone."""
        self._keys: list[array[int]] = []
        self._free: list[int] = []
        self._watchers: dict[int, int | array[int]] = {}
        """Key -> the number of the one who looked it up, or those of all who did."""

    def write_down(self, watcher: str, keys: Collection[str]) -> None:
        """`watcher` looked up `keys`, and nothing else any more."""
        number = self._numbers.get(watcher)
        if number is None:
            if not keys:
                return
            number = self._enrol(watcher)
        before, after = set(self._keys[number]), set(map(hash, keys))
        if before == after:
            return
        for key in before - after:
            self._leave(key, number)
        for key in after - before:
            self._enter(key, number)
        self._keys[number] = array("q", list(after))  # of a list it knows the length
        if not after:
            del self._numbers[watcher]
            self._names[number] = ""
            self._free.append(number)

    def is_watched(self, key: str) -> bool:
        """Whether anybody looked up `key`."""
        return hash(key) in self._watchers

    def looked_up(self, watcher: str) -> Collection[int]:
        """The hashes of what `watcher` looked up."""
        number = self._numbers.get(watcher)
        return self._keys[number] if number is not None else ()

    def touched(self, changed: Iterable[str]) -> set[str]:
        """The watchers that looked up one of the keys in `changed`."""
        found: set[int] = set()
        for key in map(hash, changed):
            watching = self._watchers.get(key)
            if isinstance(watching, int):
                found.add(watching)
            elif watching is not None:
                found.update(watching)
        return {self._names[number] for number in found}

    def _enrol(self, watcher: str) -> int:
        number = self._free.pop() if self._free else len(self._names)
        if number == len(self._names):
            self._names.append("")
            self._keys.append(_NO_KEYS)
        name = intern(watcher)
        self._names[number], self._numbers[name] = name, number
        return number

    def _enter(self, key: int, number: int) -> None:
        watching = self._watchers.get(key)
        if watching is None:
            self._watchers[key] = number
        elif isinstance(watching, int):
            self._watchers[key] = array("i", (watching, number))
        else:
            watching.append(number)

    def _leave(self, key: int, number: int) -> None:
        watching = self._watchers[key]
        if not isinstance(watching, int):
            watching.remove(number)
        if isinstance(watching, int) or not watching:
            del self._watchers[key]


_NO_KEYS = array("q")
