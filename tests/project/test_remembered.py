from __future__ import annotations

from collections.abc import Collection

import pytest

from unlag.project import remembered as module
from unlag.project.remembered import Recalled, Remembered


class Facts:
    """What is so, and questions about it: stands for an index."""

    def __init__(self) -> None:
        self.values = {"x": 1, "y": 2}
        self.asked: list[str] = []
        self.remembered = Remembered(self._again, lambda key: key in self.used)
        self.used: set[str] = set()
        self._seen: set[str] = set()

    def double(self, name: str) -> int:
        """Twice a value."""
        return self._recall(Recalled(Facts._double, (name,)))

    def is_large(self, name: str) -> bool:
        """Whether twice a value is more than ten."""
        return bool(self._recall(Recalled(Facts._is_large, (name,))))

    def key(self, question: object) -> str:
        """The key of what is remembered."""
        known = self.remembered.get(question)
        assert known is not None
        return known[1]

    def change(self, name: str, value: int) -> set[str]:
        """Another value; the keys that lapse."""
        self.values[name] = value
        return self.remembered.lapse({name})

    def _double(self, name: str) -> int:
        self.asked.append(f"double {name}")
        self._seen.add(name)
        return 2 * self.values[name]

    def _is_large(self, name: str) -> bool:
        self.asked.append(f"large {name}")
        return self.double(name) > 10

    def _recall(self, asked: Recalled) -> int:
        known = self.remembered.get(asked)
        if known is None:
            known = self.remembered.keep(asked, *self._again(asked))
        self._seen.add(known[1])
        answer: int = known[0]
        return answer

    def _again(self, asked: Recalled) -> tuple[int, Collection[str]]:
        outer, self._seen = self._seen, set()
        answer = asked.question(self, *asked.about)
        seen, self._seen = self._seen, outer
        return answer, seen


DOUBLE, LARGE = Recalled(Facts._double, ("x",)), Recalled(Facts._is_large, ("x",))


def test_an_answer_stands_until_something_it_was_made_of_changes() -> None:
    facts = Facts()
    assert facts.is_large("x") is False
    assert facts.is_large("x") is False
    assert facts.change("y", 7) == set()
    assert facts.asked == ["large x", "double x"]


def test_whoever_used_an_answer_is_concerned_only_by_another_one() -> None:
    facts = Facts()
    facts.is_large("x")
    large, double = facts.key(LARGE), facts.key(DOUBLE)
    facts.used = {large}
    assert facts.change("x", 3) == {double}
    assert facts.key(LARGE) == large
    assert facts.change("x", 9) == {double, large}
    assert facts.is_large("x") is True


def test_an_answer_that_is_the_same_again_asks_nobody_else() -> None:
    facts = Facts()
    facts.is_large("x")
    facts.used = {facts.key(LARGE)}
    facts.asked.clear()
    assert facts.remembered.lapse({"x"}) == set()
    assert facts.asked == ["double x"]


def test_an_answer_that_nobody_uses_is_forgotten() -> None:
    facts = Facts()
    facts.double("x")
    double = facts.key(DOUBLE)
    assert facts.change("x", 3) == {double}
    assert facts.remembered.get(DOUBLE) is None


def test_a_question_that_cannot_be_put_again_lapses_with_all_made_of_it() -> None:
    remembered = Remembered(lambda asked: (None, ()), lambda key: True)
    _, inner = remembered.keep("inner", 1, {"x"})
    _, outer = remembered.keep("outer", 2, {inner, "y"})
    remembered.keep("other", 3, {"y"})
    assert remembered.lapse({"x"}) == {inner, outer}
    assert remembered.get("inner") is None
    assert remembered.get("outer") is None
    assert remembered.get("other") is not None


def test_a_question_that_fails_when_it_is_put_again_lapses() -> None:
    def fail(asked: Recalled) -> tuple[int, Collection[str]]:
        raise ValueError

    remembered = Remembered(fail, lambda key: True)
    _, key = remembered.keep(DOUBLE, 1, {"x"})
    assert remembered.lapse({"x"}) == {key}
    assert remembered.get(DOUBLE) is None


def test_an_answer_made_of_nothing_holds_for_ever() -> None:
    remembered = Remembered(lambda asked: (None, ()), lambda key: True)
    assert remembered.keep("question", 1, ()) == (1, "")
    assert remembered.lapse({"x"}) == set()
    assert remembered.get("question") == (1, "")


def test_no_two_answers_share_a_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    def mark(key: str) -> int:
        return sum(map(ord, key)) % 40

    monkeypatch.setattr(module, "mark", mark)
    remembered = Remembered(lambda asked: (None, ()), lambda key: True)
    keys = {remembered.keep(number, number, {"x"})[1] for number in range(12)}
    assert len(set(map(mark, keys))) == 12
    assert remembered.lapse({"x"}) == keys
