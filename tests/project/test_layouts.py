from __future__ import annotations

from functools import cache

import pytest

from .layout import FOLDER, Layout, Squiggle, expected_endpoints, expected_entries

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@cache
def layout(name: str) -> Layout:
    return Layout(FOLDER / name)


def gaps() -> list[object]:
    """Squiggles that are known to be missing or wrong."""
    return [
        pytest.param(name, item, id=f"{name}:{item.path}:{item.line}")
        for name in NAMES
        for item in layout(name).marked("gap", "false")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_squiggles_stand_where_the_comments_say(name: str) -> None:
    found = layout(name)
    unsettled = {(item.path, item.line, item.sink) for item in found.marked("gap", "false")}
    reported = [x for x in found.reported() if (x.path, x.line, x.sink) not in unsettled]
    assert reported == found.marked("blocks", "once")


@pytest.mark.parametrize("name", NAMES)
def test_routes_are_found_with_their_dependencies(name: str) -> None:
    found = layout(name)
    assert found.endpoints() == expected_endpoints(found.expected())


@pytest.mark.parametrize("name", NAMES)
def test_everything_else_a_framework_calls_is_found(name: str) -> None:
    found = layout(name)
    assert found.entries() == expected_entries(found.expected())


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_fails(name: str) -> None:
    assert layout(name).snapshot.problems == ()


@pytest.mark.xfail(strict=True, reason="known gap, noted on the line")
@pytest.mark.parametrize(("name", "gap"), gaps())
def test_known_gaps(name: str, gap: Squiggle) -> None:
    is_reported = any(
        (item.path, item.line, item.sink) == (gap.path, gap.line, gap.sink)
        for item in layout(name).reported()
    )
    assert is_reported == (gap.verdict == "gap")
