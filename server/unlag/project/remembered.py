"""Answers that hold until something changes that they were made of.

Knows nothing of what is asked, only who asked what: a question that can be put again is, and whoever used
its answer is concerned only where the answer is another one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from unlag.project.changes import StoredWatch, Watch, mark, marks


class Recalled(NamedTuple):
    """A question that can be put again at any time."""

    question: Callable[..., Any]
    about: tuple[Hashable, ...]


_NOTHING: tuple[Any, str] = (None, "")
"""By far the most frequent answer of a project that nobody edits."""


class Remembered:
    """The answers given so far.

    Each has a key of its own, which goes to whoever uses the answer: it stands for all that was looked up to
    find it, answers used on the way included.
    """

    def __init__(
        self,
        ask: Callable[[Recalled], tuple[Any, Collection[str]]],
        is_used: Callable[[str], bool],
    ) -> None:
        """`ask` gives an answer and what was looked up for it; `is_used` says whether others use the one of a key."""
        self._ask = ask
        self._is_used = is_used
        self._answers: dict[Hashable, tuple[Any, str]] = {}
        self._questions: dict[int, Hashable] = {}
        """By the mark of the answer's key, which no other has."""
        self._watch = Watch()
        self._count = 0
        self._suspects: dict[int, str] = {}
        """Mark -> key of what may not hold any more; while keys lapse."""
        self._changed: set[int] = set()
        self._moved: set[str] = set()

    def get(self, question: Hashable) -> tuple[Any, str] | None:
        """The answer to a question and its key; None where none is known that holds."""
        known = self._answers.get(question)
        if known is None or not self._suspects or mark(known[1]) not in self._suspects:
            return known
        self._settle(known[1])
        return self._answers.get(question)

    def keep(self, question: Hashable, answer: Any, looked_up: Collection[str]) -> tuple[Any, str]:
        """Remember an answer; gives it back with its key, which is empty where it holds for ever."""
        key = ""
        if looked_up:
            key = self._new_key()
            self._questions[mark(key)] = question
            self._watch.write_down(key, looked_up)
        known = _NOTHING if answer is None and not key else (answer, key)
        self._answers[question] = known
        return known

    def stored(self) -> tuple[Mapping[Hashable, tuple[Any, str]], int, StoredWatch]:
        """The answers, how many there have been, and who looked up what for them; for `restore`."""
        return self._answers, self._count, self._watch.stored()

    def restore(
        self, answers: Mapping[Hashable, tuple[Any, str]], count: int, watch: StoredWatch
    ) -> None:
        """Remember what was stored."""
        self._answers, self._count, self._watch = dict(answers), count, Watch.restored(watch)
        self._questions = {mark(key): question for question, (_, key) in answers.items() if key}

    def _new_key(self) -> str:
        while True:
            self._count += 1
            key = f"remembered:{self._count}"
            if mark(key) not in self._questions:
                return key

    def pack(self) -> None:
        """Take what has been remembered so far for most of what will be."""
        self._watch.pack()

    def lapse(self, changed: Iterable[str]) -> set[str]:
        """Ask again what was made of any key in `changed`; the keys of answers that are others now, or gone."""
        changed = set(changed)
        suspects = pending = self._watch.touched(changed)
        while pending:
            pending = self._watch.touched(pending) - suspects
            suspects |= pending
        self._suspects = {mark(key): key for key in suspects}
        self._changed, self._moved = marks(changed), set()
        while self._suspects:
            self._settle(next(iter(self._suspects.values())))
        return self._moved

    def _settle(self, key: str) -> None:
        """Find out whether an answer holds: first those that it was made of."""
        del self._suspects[mark(key)]
        made_of = self._watch.looked_up(key)
        for inner in made_of if self._changed.isdisjoint(made_of) else ():
            if inner in self._suspects:
                self._settle(self._suspects[inner])
        if not self._changed.isdisjoint(made_of):
            self._renew(key)

    def _renew(self, key: str) -> None:
        question = self._questions[mark(key)]
        before, _ = self._answers.pop(question)
        if isinstance(question, Recalled) and (self._watch.is_watched(key) or self._is_used(key)):
            with contextlib.suppress(Exception):  # whoever needs the answer will meet it again
                answer, looked_up = self._ask(question)
                self._answers[question] = (answer, key)
                self._watch.write_down(key, looked_up)
                if answer == before:
                    return
        if question not in self._answers:
            del self._questions[mark(key)]
            self._watch.write_down(key, ())
        self._changed.add(mark(key))
        self._moved.add(key)
