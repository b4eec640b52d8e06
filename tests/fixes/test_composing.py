from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unlag.finding import Edit, Span
from unlag.fixes.composing import apply_edits, composed


def edit(text: str, *span: int) -> Edit:
    return Edit("app.py", Span(*span), text)


def test_edits_are_made_from_the_text_as_it_was() -> None:
    text = "a = one()\nb = two()\n"
    edits = [
        edit("2", 2, 4, 2, 9),
        edit("1", 1, 4, 1, 9),
        edit("import x\n", 1, 0, 1, 0),
        edit("import x\n", 1, 0, 1, 0),
    ]
    assert apply_edits(text, edits) == "import x\na = 1\nb = 2\n"


def test_lines_are_inserted_at_the_end_and_removed_across_lines() -> None:
    assert apply_edits("a\nb\nc", [edit("\nd", 3, 1, 3, 1)]) == "a\nb\nc\nd"
    assert apply_edits("a\nb\nc\n", [edit("", 1, 1, 3, 0)]) == "ac\n"
    assert apply_edits("", [edit("x\n", 1, 0, 1, 0)]) == "x\n"


TEXT = st.text("ab\n\x0c\r\u2028\U0001f600", max_size=30)


CUTS = st.lists(st.tuples(st.integers(0, 30), TEXT), max_size=6)


@given(TEXT, CUTS)
def test_edits_equal_slices_of_the_text(text: str, cuts: list[tuple[int, str]]) -> None:
    edits, expected = edited(text, cuts)
    assert apply_edits(text, reversed(edits)) == expected


@given(TEXT, CUTS, CUTS)
def test_composed_edits_do_what_both_do(
    text: str, first: list[tuple[int, str]], second: list[tuple[int, str]]
) -> None:
    made, between = edited(text, first)
    more, expected = edited(between, second)
    both = composed(text, made, more)
    assert apply_edits(text, both) == expected
    assert list(both) == sorted(both, key=lambda one: one.span)


def edited(text: str, cuts: list[tuple[int, str]]) -> tuple[list[Edit], str]:
    """Edits between every two places, and what they make of the text."""
    places = sorted({min(offset, len(text)): new for offset, new in cuts}.items())
    expected, edits, last = "", [], 0
    for (start, new), (end, _) in zip(places[::2], places[1::2], strict=False):
        expected += text[last:start] + new
        edits.append(edit(new, *place(text, start), *place(text, end)))
        last = end
    return edits, expected + text[last:]


def place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1)
