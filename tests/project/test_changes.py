from __future__ import annotations

from unlag.project.changes import Watch


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
