from __future__ import annotations

from unlag.project.changes import Remembered, Watch


def test_watchers_are_found_by_what_they_looked_up() -> None:
    watch = Watch()
    watch.write_down("a", {"x", "y"})
    watch.write_down("b", {"y", "z"})
    assert watch.touched({"x"}) == {"a"}
    assert watch.touched({"y"}) == {"a", "b"}
    assert watch.touched({"other"}) == set()


def test_what_a_watcher_looked_up_before_is_forgotten() -> None:
    watch = Watch()
    watch.write_down("a", {"x", "y"})
    watch.write_down("b", {"y"})
    watch.write_down("a", {"z"})
    assert watch.touched({"x"}) == set()
    assert watch.touched({"y"}) == {"b"}
    assert watch.touched({"z"}) == {"a"}
    watch.write_down("b", ())
    watch.write_down("c", {"y"})
    assert watch.touched({"y", "z"}) == {"a", "c"}


def test_an_answer_lapses_with_those_that_were_made_of_it() -> None:
    remembered = Remembered()
    _, inner = remembered.keep("inner", 1, {"x"})
    _, outer = remembered.keep("outer", 2, {inner, "y"})
    remembered.keep("other", 3, {"y"})
    assert remembered.lapse({"x"}) == {inner, outer}
    assert remembered.get("inner") is None
    assert remembered.get("outer") is None
    assert remembered.get("other") is not None


def test_an_answer_made_of_nothing_holds_for_ever() -> None:
    remembered = Remembered()
    assert remembered.keep("question", 1, ()) == (1, "")
    assert remembered.lapse({"x"}) == set()
    assert remembered.get("question") == (1, "")
