from __future__ import annotations

from textwrap import dedent

import pytest

from unlag.source.suppressions import Suppression, suppressions

BEHIND = {
    "x()  # unlag: ignore[LAG101]": ("LAG101",),
    "x()  #unlag:ignore[LAG101,LAG102]": ("LAG101", "LAG102"),
    "x()  # unlag: ignore[ blocking-call-on-loop , LAG102 ]": ("blocking-call-on-loop", "LAG102"),
    "x()  # type: ignore  # unlag: ignore[LAG101]": ("LAG101",),
    "x()  # unlag: ignore": (),
    "x()  # unlag: ignore[]": (),
    "x()  # noqa: LAG101": ("LAG101",),
    "x()  # noqa:LAG101": ("LAG101",),
    "x()  # NOQA: lag101": ("LAG101",),
    "x()  # noqa: E501, LAG101,B008 because it is": ("LAG101",),
    "x()  # noqa: E501 LAG101 LAG102": ("LAG101", "LAG102"),
}

NONE = [
    "x()",
    "x()  # noqa",
    "x()  # noqa: E501",
    "x()  # unlag is ignored",
    "x()  # unlag: ignored[LAG101]",
    "x('# unlag: ignore[LAG101]')",
    'x("""\n# unlag: ignore[LAG101]\n""")',
    "x('''# noqa: LAG101''')",
    r"x('\'# unlag: ignore[LAG101]')",
    r"x(r'\\'  '# unlag: ignore[LAG101]')",
]


def the_one(text: str) -> Suppression:
    (found,) = suppressions(dedent(text))
    return found


def covered(text: str) -> tuple[int, int]:
    found = the_one(text)
    assert not found.applies_to_file
    return found.target_line, found.target_end_line


@pytest.mark.parametrize(("line", "names"), BEHIND.items(), ids=BEHIND)
def test_behind_code(line: str, names: tuple[str, ...]) -> None:
    found = the_one(f"first()\n{line}\n")
    assert (found.names, found.line, found.target_line, found.target_end_line) == (names, 2, 2, 2)
    assert line[found.column] == "#"
    assert line[found.column : found.end_column].split("because")[0].strip() in line


@pytest.mark.parametrize("text", NONE)
def test_nothing_to_suppress(text: str) -> None:
    assert suppressions(f"first()\n{text}\n") == ()


def test_at_the_top_it_holds_for_the_file() -> None:
    text = "#!/usr/bin/env python\n# unlag: ignore[LAG101]\n\n'''Doc.'''\nimport x\n"
    assert the_one(text).applies_to_file
    assert the_one("# unlag: ignore[LAG101]\n").applies_to_file


def test_noqa_at_the_top_holds_for_no_more_than_its_line() -> None:
    assert covered("# noqa: LAG101\nx()\n") == (1, 1)


def test_above_a_statement_it_holds_for_all_its_lines() -> None:
    assert covered("a()\n# unlag: ignore[LAG101]\n\n# more\nb(\n    c,\n)\nd()\n") == (5, 7)


def test_above_a_decorated_function_it_holds_down_to_the_name() -> None:
    text = "a()\n# unlag: ignore[LAG101]\n@app.get(\n    '/')\n@b\nasync def f(\n    x):\n    y()\n"
    assert covered(text) == (3, 7)


def test_between_the_lines_of_a_statement_it_holds_for_the_next() -> None:
    assert covered("a(\n    # unlag: ignore[LAG101]\n    # more\n    b(),\n)\n") == (4, 4)


def test_behind_the_last_line_of_a_statement_it_holds_for_all_of_it() -> None:
    assert covered("z()\na(\n    b,\n)  # unlag: ignore[LAG101]\n") == (2, 4)


def test_behind_another_line_of_a_statement_it_holds_for_that_line() -> None:
    assert covered("z()\na(  # unlag: ignore[LAG101]\n    b,\n)\n") == (2, 2)


def test_a_backslash_continues_the_line() -> None:
    assert covered("z()\na = \\\n    b()  # unlag: ignore[LAG101]\n") == (2, 3)


def test_columns_count_characters() -> None:
    line = "x('😀é')  # unlag: ignore[LAG101]"
    found = the_one(f"a()\n{line}\n")
    assert line[found.column : found.end_column] == "# unlag: ignore[LAG101]"


def test_several_in_one_comment() -> None:
    found = suppressions("a()\nx()  # unlag: ignore[LAG101]  # noqa: LAG102\n")
    assert [(item.form, item.names) for item in found] == [
        ("unlag", ("LAG101",)),
        ("noqa", ("LAG102",)),
    ]


def test_broken_code_keeps_its_suppressions() -> None:
    assert len(suppressions("x = (\ny()  # unlag: ignore[LAG101]\nz = 'open\n")) == 1
