from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from unlag.source.document import Document
from unlag.source.parse import parse
from unlag.source.repair import repaired

from .reading import LIBRARY, SHOP, Place, places

REPAIRS = {
    "a call being typed": ("x = f(\ny = g()", "_\ny = g()"),
    "a line of rubbish": ("a()\nthis is no code\nb()", "a()\n_\nb()"),
    "a string without end": ("a('x\nb()", "_\nb()"),
    "arguments over lines": ("a()\nf(\n    x,\n    y,\nb()", "a()\n_\n\n\nb()"),
    "a function's header": ("def f(x\n    a()", "def f():\n    a()"),
    "an async function's header": (
        "async def f(x:\n    await a()",
        "async def f():\n    await a()",
    ),
    "a class's header": ("class A(\n    def f(self): a()", "class A:\n    def f(self): a()"),
    "a loop's header": ("for x in\n    a()", "for _ in _:\n    a()"),
    "an async loop's header": ("async for x i y:\n    a()", "async for _ in _:\n    a()"),
    "a condition without colon": ("if x\n    a()", "if _:\n    a()"),
    "a with": ("with x as :\n    a()", "if _:\n    a()"),
    "a while": ("while x y:\n    a()", "while _:\n    a()"),
    "a header without block": ("if x:\na()", "if x: _\na()"),
    "a header without block and with a comment": ("if x:  # why\na()", "if x: _\na()"),
    "a function without block": ("def f():\n\ndef g(): a()", "def f(): _\n\ndef g(): a()"),
    "a try alone": ("try:\n    a()\nb()", "if 1:\n    a()\nb()"),
    "an else too many": ("a()\nelse:\n    b()", "a()\nif _:\n    b()"),
    "a line too deep": ("a()\n    b()\nc()", "if _:\n    b()\nc()"),
    "a dedent to nowhere": ("if x:\n    a()\n  b()\nc()", "if x:\n    a()\n\nc()"),
    "a conflict": ("<<<<<<< ours\na()\n=======\nb()\n>>>>>>> theirs", "_\na()\n_\nb()\n_"),
    "Python 2": ("print 'x'\na()", "_\na()"),
    "a docstring without end": ('def f():\n    """Says\n    b()', "def f():\n    _\n\n"),
}


@pytest.mark.parametrize(("text", "expected"), REPAIRS.values(), ids=REPAIRS)
def test_repairs(text: str, expected: str) -> None:
    found = repaired(text.split("\n"))
    assert found is not None
    assert "\n".join(found.lines).rstrip() == expected.rstrip()


def test_protected_lines_are_left_alone() -> None:
    found = repaired(["class _:", "    x = (", "    y = a()"], 1)
    assert found is not None
    assert found.lines == ["class _:", "    _", "    y = a()"]


def test_methods_of_a_broken_class_stay_its_methods() -> None:
    text = "class A(B:\n    def f(self): a()\n\n    x = (\n\n    async def g(self): b()\n"
    found = [item.qualname for _, item in parse(text).facts.functions()]
    assert found == ["A.f", "A.g"]


def test_code_in_a_docstring_is_no_code() -> None:
    text = (
        '"""Doc.\n\nimport this\nx = call()\ny = other()\n"""\ndef f():\n    a(\n\ndef g(): b()\n'
    )
    assert {name for _, name, _, _ in places(parse(text).facts)} == {"def", "b"}


def test_a_string_that_closes_in_a_later_docstring_costs_its_function_only() -> None:
    text = 'def f():\n    x = """\n    a()\n\ndef g():\n    """Doc."""\n    b()\n\ndef h(): c()\n'
    assert {"b", "c"} <= {name for _, name, _, _ in places(parse(text).facts)}


FILES = [
    *(LIBRARY / name for name in ("argparse.py", "typing.py", "dataclasses.py", "bdb.py")),
    *sorted((LIBRARY / "asyncio").glob("*.py")),
    *sorted(SHOP.glob("shop/**/*.py")),
]


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


class Tally:
    """Facts there should be, those found, and those found that should not be."""

    def __init__(self) -> None:
        self.expected = self.found = self.false = self.states = 0

    def add(self, expected: set[Place], found: set[Place]) -> None:
        self.states += 1
        self.expected += len(expected)
        self.found += len(expected & found)
        self.false += len(found - expected)

    @property
    def recall(self) -> float:
        return self.found / self.expected


def test_truncated_files_keep_their_facts() -> None:
    chance = random.Random(1)
    tally = Tally()
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        whole = places(parse(text).facts)
        for _ in range(3):
            cut = chance.randrange(len(text) // 4, len(text) + 1)
            if not parses(text[:cut]):
                last = text.count("\n", 0, cut) + 1
                found = {place for place in places(parse(text[:cut]).facts) if place[2] < last}
                tally.add({place for place in whole if place[2] < last}, found)
    assert tally.states > 50
    assert tally.recall > 0.96
    assert tally.false == 0


def retyped(path: Path, chance: random.Random) -> Iterator[tuple[int, str]]:
    """Texts of a file while one line is typed anew, and the line's number."""
    lines = path.read_text(encoding="utf-8").split("\n")
    simple = [n for n, line in enumerate(lines) if line.strip() and is_simple(line.strip())]
    if simple:
        at = chance.choice(simple)
        line = lines[at]
        for end in range(len(line) - len(line.lstrip()), len(line) + 1):
            yield at + 1, "\n".join([*lines[:at], line[:end], *lines[at + 1 :]])


def is_simple(line: str) -> bool:
    """Whether a line opens no block and no text, so that without it nothing else changes."""
    return line[0] not in "#\"'@)]}" and parses(line) and '"""' not in line


def test_a_line_being_typed_costs_no_other_fact() -> None:
    chance = random.Random(2)
    tally = Tally()
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        document = Document.read(text)
        whole = places(document.facts)
        for line, state in retyped(path, chance):
            document = document.edited(state)
            if document.trouble is not None:
                found = {place for place in places(document.facts) if place[2] != line}
                tally.add({place for place in whole if place[2] != line}, found)
        assert document.facts == parse(text).facts
    assert tally.states > 300
    assert tally.recall > 0.995
    assert tally.false == 0
