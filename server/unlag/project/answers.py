"""What was found and what was looked up to find it: answers hold until one of those changes.

Knows nothing of what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sys import intern
from typing import Any, TypeAlias

from unlag.project.changes import Changes

Memory: TypeAlias = dict[str, tuple[Any, tuple[str, ...], bool, int]]
"""Key -> answer, what was looked up for it, whether it was found in a circle, and when it last held."""
_LONGEST_CHAIN = 60
_MOST_FOUND = 2000
"""Answers for one question: 465 were the most in eleven of twelve applications, but the ways through ten functions
that all call each other are millions."""
_TOO_MUCH = ""


class Answers:
    """Remembers answers, and writes down everything that is looked up, also in vain."""

    def __init__(self, *, tracks: bool) -> None:
        self.tracks = tracks
        self.changes = Changes()
        self.seen: set[str] = set()
        self.open_keys: set[str] = set()
        """What is being found just now."""
        self.is_cut = False
        """Whether something was left unknown only because it is being found, or lies too deep."""
        self.cuts: set[str] = set()
        """What was left unknown so, of what is still being found."""
        self.depth = 0
        self._found = 0
        """The answers found so far for what was asked first."""
        self.working_id = ""
        """The function worked at: its own names are not written down, it is worked at after every edit."""
        self._memories: list[Memory] = []

    def memory(self) -> Memory:
        """A new memory, emptied with all others."""
        self._memories.append({})
        return self._memories[-1]

    def rest(self) -> None:
        """Forget all answers: who asks a few questions from now on needs the room more."""
        for memory in self._memories:
            memory.clear()

    def forget(self, changed: Iterable[str]) -> None:
        """Take remembered answers that looked at one of `changed` for what they are: out of date."""
        self.changes.note(changed)

    def set_apart(self) -> tuple[set[str], str]:
        """Write down on a fresh page from now on; `go_on` gives the page back."""
        outer = (self.seen, self.working_id)
        self.seen, self.working_id = set(), ""
        return outer

    def go_on(self, outer: tuple[set[str], str]) -> set[str]:
        """Write on where `set_apart` left off; gives what was written down apart."""
        mine = self.seen
        self.seen, self.working_id = outer
        return mine

    def known(self, memory: Memory, key: str) -> tuple[Any, ...] | None:
        """The answer remembered under `key`, with more behind it, where it surely holds; for what is asked most."""
        known = memory.get(key)
        if known is None or known[2] or known[3] != self.changes.revision:
            return None
        if self.tracks:
            self.seen.update(known[1])
        return known

    def recall(self, memory: Memory, key: str, find: Callable[[], Any]) -> Any:
        """What `find` gives, remembered under `key` with what it looked at.

        None where `key` is being found already. An answer found in a circle holds only for who does not
        stand in that circle himself: so no answer depends on what was asked before it.
        """
        known = memory.get(key)
        if known is not None and (
            known[3] == self.changes.revision or self._still_holds(memory, key, known)
        ):
            value, seen, is_circular, _ = known
            if not is_circular or self.open_keys.isdisjoint(seen):
                self.seen.update(seen)
                return value
        if self.open_keys and (key in self.open_keys or self._is_too_much()):
            self.seen.add(key)
            self.is_cut = True
            self.cuts.add(key if key in self.open_keys else _TOO_MUCH)
            return None
        return self._find(memory, intern(key), find)

    def _is_too_much(self) -> bool:
        return len(self.open_keys) > _LONGEST_CHAIN or self._found > _MOST_FOUND

    def _still_holds(
        self, memory: Memory, key: str, known: tuple[Any, tuple[str, ...], bool, int]
    ) -> bool:
        """Whether nothing changed that an older answer looked at; if so it is known to hold now."""
        value, seen, is_circular, revision = known
        if self.changes.since(revision, seen):
            del memory[key]
            return False
        memory[key] = (value, seen, is_circular, self.changes.revision)
        return True

    def _find(self, memory: Memory, key: str, find: Callable[[], Any]) -> Any:
        self._found = self._found + 1 if self.open_keys else 1
        self.open_keys.add(key)
        outer_seen, outer_id = self.seen, self.working_id
        self.seen, self.working_id = {key}, ""
        outer_cut, self.is_cut = self.is_cut, False
        outer_cuts, self.cuts = self.cuts, set()
        outer_depth, self.depth = self.depth, 0
        try:
            value = find()
        finally:
            self.open_keys.discard(key)
            mine, cuts = self.seen, self.cuts
            outer_seen |= mine
            self.seen, self.working_id, self.depth = outer_seen, outer_id, outer_depth
            was_cut, self.is_cut = self.is_cut, outer_cut or (self.is_cut and bool(self.open_keys))
            cuts.discard(key)
            is_whole = not cuts
            if self.open_keys:
                outer_cuts |= cuts
            else:
                outer_cuts.clear()
            self.cuts = outer_cuts
        if is_whole or not self.open_keys:
            kept = tuple(mine) if self.tracks or was_cut else ()
            memory[key] = (value, kept, was_cut, self.changes.revision)
        return value
