"""How often each word stands in a file: after an edit only the functions that are others are counted again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain

from unlag.project.table import FileTable
from unlag.source.facts import FunctionFacts


class Counted:
    """Counts the words of functions, as the part of a survey.

    Keeps the counts of the file that it was asked about last: that is the one being typed in.
    """

    def __init__(self, words: Callable[[FunctionFacts], Iterable[str]]) -> None:
        self._words = words
        self._path = ""
        self._facts: dict[str, FunctionFacts] = {}
        self._counts: Counter[str] = Counter()

    def __call__(self, index: object, table: FileTable) -> dict[str, int]:
        """Every word of the file and how often it stands there."""
        if table.path != self._path:
            self._path, self._facts, self._counts = table.path, {}, Counter()
        before, counts = self._facts, self._counts
        self._facts = {name: entry.facts for name, entry in table.functions.items()}
        fresh = [item for name, item in self._facts.items() if before.get(name) is not item]
        gone = [item for name, item in before.items() if self._facts.get(name) is not item]
        counts.update(chain.from_iterable(map(self._words, fresh)))
        counts.subtract(chain.from_iterable(map(self._words, gone)))
        return {word: count for word, count in counts.items() if count}
