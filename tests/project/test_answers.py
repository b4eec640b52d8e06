"""Answers are found once where they can be, and are the same whatever was asked before."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlag.project.answers import Answers, Memory


class Sums:
    """A number for each name: one more than the numbers of the names it asks."""

    def __init__(self, asks: Mapping[str, tuple[str, ...]]) -> None:
        self.answers = Answers(tracks=True)
        self.memory: Memory = self.answers.memory()
        self.asks = asks
        self.found: list[str] = []
        """The names whose numbers were worked out, again and again where it came to that."""

    def number(self, name: str) -> int | None:
        """The number of a name, None where that is being found just now."""
        found: int | None = self.answers.recall(self.memory, name, lambda: self._find(name))
        return found

    def _find(self, name: str) -> int:
        self.found.append(name)
        return 1 + sum(self.number(other) or 0 for other in self.asks[name])


def test_circles_below_are_gone_through_once() -> None:
    asks = {str(n): (str(n), str(n + 1), str(n + 1)) for n in range(12)} | {"12": ()}
    sums = Sums(asks)
    assert sums.number("0") == 2**13 - 1
    assert len(sums.found) == len(asks)


def test_names_that_all_ask_each_other_come_to_an_end() -> None:
    names = "abcdefghijklmnop"
    sums = Sums({name: tuple(names) for name in names})
    assert sums.number("a") is not None
    assert len(sums.found) < 5000


@pytest.mark.parametrize("order", list(itertools.permutations("abcd")))
def test_a_circle_that_leads_to_another_is_the_same_in_every_order(order: tuple[str, ...]) -> None:
    sums = Sums({"a": ("b", "c"), "b": ("a",), "c": ("d",), "d": ("c",)})
    assert {name: sums.number(name) for name in order} == {"a": 4, "b": 4, "c": 2, "d": 2}


@given(
    st.fixed_dictionaries(
        {name: st.lists(st.sampled_from("abcde"), max_size=3).map(tuple) for name in "abcde"}
    )
)
def test_no_answer_hangs_on_what_was_asked_before(asks: dict[str, tuple[str, ...]]) -> None:
    alone = {name: Sums(asks).number(name) for name in asks}
    for order in itertools.permutations(asks, 2):
        sums = Sums(asks)
        assert {name: sums.number(name) for name in order} == {name: alone[name] for name in order}
