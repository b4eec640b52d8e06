from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unlag.project.changes import Watch, marks


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


def test_what_is_written_down_after_a_question_stands_beside_what_was_before() -> None:
    watch = Watch()
    watch.write_down("a", {"x", "y"})
    watch.write_down("b", {"y"})
    assert watch.touched({"y"}) == {"a", "b"}
    watch.write_down("a", {"y", "z"})
    watch.write_down("c", {"x"})
    assert watch.touched({"x"}) == {"c"}
    assert watch.touched({"y"}) == {"a", "b"}
    assert watch.touched({"z"}) == {"a"}
    assert set(watch.looked_up("a")) == marks("yz")
    assert set(watch.looked_up("b")) == marks("y")


KEYS = st.sets(st.sampled_from("uvwxyz"))
STEPS = st.lists(st.tuples(st.sampled_from("abcd"), KEYS, st.booleans()), max_size=30)


@given(STEPS)
def test_a_watch_says_what_a_dictionary_of_sets_would(
    steps: list[tuple[str, set[str], bool]],
) -> None:
    watch = Watch()
    expected: dict[str, set[str]] = {}
    for watcher, keys, asks in steps:
        watch.write_down(watcher, keys)
        expected[watcher] = keys
        for key in "uvwxyz" if asks else "":
            assert watch.touched({key}) == {
                name for name, known in expected.items() if key in known
            }
            assert watch.is_watched(key) == any(key in known for known in expected.values())
        for name, known in expected.items() if asks else ():
            assert set(watch.looked_up(name)) == marks(known)


def test_paths_that_are_not_unicode_have_marks() -> None:
    watch = Watch()
    watch.write_down("a", {"x", "\udcff:name"})
    assert watch.touched({"\udcff:name", "y"}) == {"a"}
    assert watch.touched({"x"}) == {"a"}
