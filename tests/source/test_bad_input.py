from __future__ import annotations

from collections.abc import Callable

import pytest

from unlag.source.document import Document
from unlag.source.parse import parse

from .reading import places

DEEP = {
    "parentheses": lambda n: "(" * n + ")" * n,
    "open brackets": lambda n: "[" * n,
    "signs": lambda n: "-" * n + "1",
    "not": lambda n: "not " * n + "1",
    "lambdas": lambda n: "lambda: " * n + "1",
    "attributes": lambda n: "a" + ".a" * n,
    "calls": lambda n: "a" + "()" * n,
    "methods": lambda n: "a" + ".a()" * n,
    "subscripts": lambda n: "a" + "[0]" * n,
    "sums": lambda n: "a" + "+a" * n,
    "alternatives": lambda n: "a" + "|1" * n,
    "powers": lambda n: "a" + "**a" * n,
    "conditions": lambda n: "a" + " if a else a" * n,
    "elif": lambda n: "if a: pass\n" + "elif a: pass\n" * n,
    "blocks": lambda n: "".join(" " * i + "if a:\n" for i in range(n % 1999)) + "pass",
    "displays": lambda n: "{1:" * n + "1" + "}" * n,
    "f-strings": lambda n: "f'{" * n + "a" + "}'" * n,
    "decorators": lambda n: "@a\n" * n + "def f(): pass",
    "comparisons": lambda n: "a" + " < a" * n,
    "assignments": lambda n: "a = " * n + "1",
    "strings": lambda n: "'a' " * n,
    "quotes": lambda n: '"' * n,
    "backslashes": lambda n: "\\" * n,
    "classes": lambda n: "".join(" " * i + f"class A{i}:\n" for i in range(min(n, 99))),
}


@pytest.mark.parametrize("levels", [90, 199, 5000])
@pytest.mark.parametrize("form", DEEP.values(), ids=DEEP)
def test_nesting_costs_the_statement_and_nothing_else(
    form: Callable[[int], str], levels: int
) -> None:
    text = f"def f():\n    before()\n\n{form(levels)}\n\ndef g():\n    after()\n"
    found = {name for _, name, _, _ in places(parse(text).facts)}
    assert "before" in found
    is_open = form(1) in ("[", '"', "\\")
    assert is_open or "after" in found


@pytest.mark.parametrize("text", ["", "\n", "#", "\f", " ", "\t\n", "\n\n\n"])
def test_next_to_nothing(text: str) -> None:
    found = parse(text)
    assert found.facts.units == ()
    assert found.facts.lines == text.count("\n") + 1
    assert Document.read(text).edited("x = f()\n").facts == parse("x = f()\n").facts
    assert Document.read("x = f()\n").edited(text).facts.units == ()


@pytest.mark.parametrize("character", ["\0", "\ud800", "\ufffe", "\u2028", "\x1b", "$", "?"])
def test_characters_no_source_can_hold(character: str) -> None:
    text = f"def f():\n    a()\n    x = {character}\n    b()\n\ndef g():\n    c()\n"
    found = parse(text)
    assert found.trouble is not None
    assert {name for _, name, _, _ in places(found.facts)} >= {"a", "b", "c"}
    edited = Document.read("pass\n").edited(text)
    assert edited.trouble is not None
    assert edited.edited("pass\n").trouble is None


def test_line_ends_of_any_kind() -> None:
    expected = parse("def f():\n    a()\n")
    assert parse("def f():\r\n    a()\r\n") == expected
    assert parse("def f():\r    a()\r") == expected
    assert Document.read("x\r\n").edited("def f():\r\n    a()\r\n").facts == expected.facts


def test_a_hundred_thousand_lines() -> None:
    text = "def f():\n    return go(1)\n" + "# more\n" * 98 + "\n"
    text = text.replace("\n\n", "\n") * 1000
    found = Document.read(text)
    assert (found.facts.lines, len(found.facts.units)) == (100_001, 1000)
    edited = found.edited(text.replace("go(1)", "go(2)", 1))
    assert edited.facts.units[1:] == found.facts.units[1:]
    assert edited.facts.units[0].facts.functions[0].calls[0].arguments == ("#2",)


def test_trouble_says_where() -> None:
    trouble = parse("x = 1\n\ndef f():\n    y = 'é' )\n").trouble
    assert trouble is not None
    assert (trouble.line, trouble.column) == (4, 12)
    assert "unmatched ')'" in trouble.message


def test_invalid_escapes_are_not_worth_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    parse("x = '\\d'\ny = 1if 2else 3\n")
    assert not recwarn.list
