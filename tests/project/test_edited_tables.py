"""A table that shares what an edit left alone is the one that would be made from scratch."""

from __future__ import annotations

import pytest

from unlag.project.edited_tables import altered, calls_as_much, rewritten
from unlag.project.table import FileTable
from unlag.source.document import Document

BEFORE = """\
import os

class A:
    x = 1

    def f(self): self.y = os.getcwd()

    @property
    def g(self): return 1

    @g.setter
    def g(self, value): pass

def h():
    def inner(): pass
    inner()

state = h()
"""
PLAIN = [
    ("os.getcwd()", "os.getcwd()  # here"),
    ("inner()\n\n", "inner(1)\n\n"),
    ("inner(): p", "inner(a): p"),
]
MORE = [
    ("self.y", "self.z"), ("x = 1", "x = Y"), ("def f(", "def ff("), ("state = h", "state = hh"),
    ("(self): return 1", "(self): return 2"), ("import os", "import os, re"), ("class A", "\nclass A"),
    ("def inner(): pass", "def inner(): global k; k = 1"), (BEFORE, ""), ("class A", "class A(B)"),
]  # fmt: skip


def contents(table: FileTable) -> dict[str, object]:
    return {name: getattr(table, name) for name in FileTable.__slots__ if name != "_units"}


@pytest.mark.parametrize("edit", [*PLAIN, *MORE])
def test_an_edited_table_is_the_one_made_from_scratch(edit: tuple[str, str]) -> None:
    document = Document.read(BEFORE)
    before = FileTable("/a.py", document.facts).edited(document.facts)
    assert set(before.called) == {"getcwd", "inner", "h"}
    facts = document.edited(BEFORE.replace(*edit)).facts
    table = before.edited(facts)
    assert contents(table) == contents(FileTable("/a.py", facts))
    assert list(table.functions) == list(FileTable("/a.py", facts).functions)
    assert set(table.called) == set(FileTable("/a.py", facts).called)
    assert (rewritten(before, table) is not None) == (edit in PLAIN)
    assert calls_as_much(before, table) == (edit in PLAIN and "(1)" not in edit[1])


def test_a_function_that_says_the_same_is_not_altered() -> None:
    document = Document.read(BEFORE)
    before = FileTable("/a.py", document.facts).edited(document.facts)
    commented = before.edited(document.edited(BEFORE.replace(*PLAIN[0])).facts)
    assert altered(before, commented) == []
    rewritten = before.edited(document.edited(BEFORE.replace(*PLAIN[1])).facts)
    assert [old.qualname for old, _ in altered(before, rewritten) or ()] == ["h"]
    assert altered(before, FileTable.absent("/a.py")) is None
