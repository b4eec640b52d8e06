"""Which numbers go with which keys, seen from both sides, in the little room that arrays take."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain


class Pairs:
    """Numbers from 0 on, and the keys that each goes with; never changed.

    A pair takes 8 bytes, and so does a key. A dictionary of sets takes ten times as much for millions of pairs.
    """

    __slots__ = ("_behind_key", "_behind_number", "_keys", "_keys_of", "_numbers_of")

    def __init__(self, keys_of: Sequence[Iterable[int]]) -> None:
        """`keys_of` has the keys of each number, 32 bits long, each once."""
        self._keys = array("I", sorted(set(chain.from_iterable(keys_of))))
        place = {key: number for number, key in enumerate(self._keys)}
        self._keys_of = array("I")
        """Places of the keys of number 0, then of those of number 1, and so on."""
        self._behind_number = array("I", [0])
        """Where the keys of a number begin, and where those of the next do."""
        for keys in keys_of:
            self._keys_of.extend(map(place.__getitem__, keys))
            self._behind_number.append(len(self._keys_of))
        del place
        counts = Counter(self._keys_of)
        self._behind_key = array(
            "I", accumulate((counts[number] for number in range(len(self._keys))), initial=0)
        )
        self._numbers_of = self._turned()

    def stored(self) -> tuple[memoryview, ...]:
        """All of it, for `restored` in another process of the same kind."""
        return tuple(memoryview(getattr(self, name)).cast("B") for name in Pairs.__slots__)

    @staticmethod
    def restored(stored: tuple[memoryview, ...]) -> Pairs:
        """What was stored."""
        pairs = Pairs.__new__(Pairs)
        for name, data in zip(Pairs.__slots__, stored, strict=True):
            numbers = array("I")
            numbers.frombytes(data)
            setattr(pairs, name, numbers)
        return pairs

    def _turned(self) -> array[int]:
        """The numbers of the first key, then those of the next, and so on."""
        turned = array("I", bytes(self._keys_of.itemsize * len(self._keys_of)))
        free = self._behind_key[:-1]
        for number in range(len(self._behind_number) - 1):
            for key in self._places(number):
                turned[free[key]] = number
                free[key] += 1
        return turned

    def _places(self, number: int) -> array[int]:
        return self._keys_of[self._behind_number[number] : self._behind_number[number + 1]]

    def __len__(self) -> int:
        return len(self._behind_number) - 1

    def keys(self, number: int) -> list[int]:
        """The keys that a number goes with; none for numbers that are not there."""
        if number >= len(self):
            return []
        return [self._keys[place] for place in self._places(number)]

    def numbers(self, key: int) -> Sequence[int]:
        """The numbers that go with a key, in their order."""
        place = bisect_left(self._keys, key)
        if place == len(self._keys) or self._keys[place] != key:
            return ()
        return self._numbers_of[self._behind_key[place] : self._behind_key[place + 1]]
