from __future__ import annotations

import pytest

from unlag.source.facts import Call

from .reading import facts, function, unit


def spelled(code: str, call: Call) -> str:
    """The text a call's columns point at."""
    line = code.split("\n")[call.line - 1]
    return line[call.column : call.end_column]


@pytest.mark.parametrize(
    "before", ["é", "😀", "漢字", "مرحبا", "e\u0301", "\U0001d4b3", "\u2028", "\x0b"]
)
def test_columns_count_characters(before: str) -> None:
    code = f"def f():\n    x = '{before}', go(1)\n"
    (call,) = function(code).calls
    assert spelled(code, call) == "go(1)"


def test_wide_names_are_found_where_they_stand() -> None:
    code = "def größe():\n    x = {'ü': ähnlich('ß', b())}\n"
    first, second = function(code).calls
    assert (spelled(code, first), spelled(code, second)) == ("ähnlich('ß', b())", "b()")


def test_every_kind_of_place_is_converted() -> None:
    code = (
        "async def f():\n"
        "    'é'; x = a.b\n"
        "    'é'; await f(); await g()\n"
        "    async with é, y: await h()\n"
        "class A: é = go()\n"
    )
    placed = facts(code).units
    found = placed[0].facts.functions[0]
    assert [(r.path, r.column, r.end_column) for r in found.reads] == [("a.b", 13, 16)]
    assert [(b.path, b.column) for b in found.blocks] == [("é", 15), ("y", 18)]
    assert found.runs[0].calls == ((3, 15), (3, 26))
    assert unit(code).body.calls[0].column == 13


def test_form_feeds_and_line_separators_do_not_split_lines() -> None:
    code = "x = '''\f\x0b\u2028\x85'''\ndef f(): go()\n"
    assert [(u.line) for u in facts(code).units] == [1, 2]
    assert facts(code).lines == 3
