"""Look-up keys: which of them changed and when, and who wrote down which.

A key is text that starts with the file it is about: `file:name`, `file:function<contexts>`. Knows
nothing of what the keys mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from sys import intern
from zlib import crc32

import msgspec

from unlag.project.packed import Pairs

_MOST_KEYS = 100_000


def mark(key: str) -> int:
    """What stands for a key where there is no room for its text: 32 bits, the same ones in every process."""
    return crc32(key.encode("utf-8", "surrogatepass"))


def marks(keys: Collection[str]) -> set[int]:
    """What stands for each of some keys."""
    try:
        return set(map(crc32, map(str.encode, keys)))
    except UnicodeEncodeError:  # a path that is not Unicode
        return set(map(mark, keys))


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


class StoredWatch(msgspec.Struct, frozen=True):
    """A `Watch` as plain data."""

    names: tuple[str, ...]
    """By number; empty where one has gone."""
    packed: tuple[memoryview, ...]
    """Empty where nobody wrote anything down."""
    later: Mapping[int, bytes]


class Watch:
    """What each watcher looked up, found again by what changed.

    Keys are kept as their marks: two keys of one mark cost a needless look, never a wrong answer. Watchers
    are kept as numbers. There are hundreds of thousands of pairs: those written down before anything is
    asked are packed, those written down later stand beside them.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        """Watchers by number; empty where one has gone."""
        self._free: list[int] = []
        self._packed: Pairs | None = None
        """What was written down before anything was asked; of a watcher in `_later` nothing of it holds."""
        self._later: dict[int, array[int]] = {}
        """The keys of the watchers that wrote down anything since."""
        self._watchers: dict[int, int | array[int]] = {}
        """Of `_later`: key -> the number of the one who looked it up, or those of all who did."""

    def write_down(self, watcher: str, keys: Collection[str]) -> None:
        """`watcher` looked up `keys`, and nothing else any more."""
        number = self._numbers.get(watcher)
        if number is None:
            if not keys:
                return
            number = self._enrol(watcher)
        after = marks(keys)
        if self._packed is not None and not self._move(self._packed, number, after):
            return
        self._later[number] = array("I", list(after))  # of a list it knows the length
        if not after:
            del self._numbers[watcher]
            self._names[number] = ""
            self._free.append(number)

    def pack(self) -> None:
        """Take what has been written down so far for most of what will be; once there is anything."""
        if self._packed is None and self._names:
            keys = [self._later.get(number, _NO_KEYS) for number in range(len(self._names))]
            self._later.clear()
            self._packed = Pairs(keys)

    def stored(self) -> StoredWatch:
        """All of it, for `restored` in another process of the same kind."""
        self.pack()
        packed = self._packed.stored() if self._packed is not None else ()
        later = {number: keys.tobytes() for number, keys in self._later.items()}
        return StoredWatch(tuple(self._names), packed, later)

    @staticmethod
    def restored(stored: StoredWatch) -> Watch:
        """What was stored."""
        watch = Watch()
        watch._names = [intern(name) for name in stored.names]
        for number, name in enumerate(watch._names):
            if name:
                watch._numbers[name] = number
            else:
                watch._free.append(number)
        watch._packed = Pairs.restored(stored.packed) if stored.packed else None
        watch._later = {number: array("I", keys) for number, keys in stored.later.items()}
        for number, keys in watch._later.items():
            for key in keys:
                watch._enter(key, number)
        return watch

    def is_watched(self, key: str) -> bool:
        """Whether anybody looked up `key`."""
        return any(True for _ in self._looking(mark(key)))

    def looked_up(self, watcher: str) -> Collection[int]:
        """The marks of what `watcher` looked up."""
        number = self._numbers.get(watcher)
        return self._keys(number) if number is not None else ()

    def touched(self, changed: Collection[str]) -> set[str]:
        """The watchers that looked up one of the keys in `changed`."""
        found = {number for key in marks(changed) for number in self._looking(key)}
        return {self._names[number] for number in found}

    def _enrol(self, watcher: str) -> int:
        number = self._free.pop() if self._free else len(self._names)
        if number == len(self._names):
            self._names.append("")
        self._names[number], self._numbers[watcher] = watcher, number
        return number

    def _keys(self, number: int) -> Collection[int]:
        later = self._later.get(number)
        if later is not None:
            return later
        return self._packed.keys(number) if self._packed is not None else ()

    def _looking(self, key: int) -> Iterator[int]:
        """The numbers of all who looked up a key."""
        self.pack()
        for number in self._packed.numbers(key) if self._packed is not None else ():
            if number not in self._later:
                yield number
        watching = self._watchers.get(key, ())
        yield from (watching,) if isinstance(watching, int) else watching

    def _move(self, packed: Pairs, number: int, after: set[int]) -> bool:
        """Enter a watcher under the keys in `after` instead of its own; whether those are others."""
        later = self._later.get(number)
        before = set(packed.keys(number) if later is None else later)
        if before == after:
            return False
        entered = set() if later is None else before
        for key in entered - after:
            self._leave(key, number)
        for key in after - entered:
            self._enter(key, number)
        return True

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


_NO_KEYS = array("I")
