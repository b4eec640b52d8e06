"""No edit leaves the package that breaks a file: the editor applies what it gets."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from unlag.finding import Edit, FixOffer, Safety, Span
from unlag.fixes import FixRequest, Refusal, edits, parsing

OFFER = FixOffer("", Safety.UNSAFE, "breaking", ())
HERE = Span(2, 0, 2, 4)


@pytest.fixture(autouse=True)
def _breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = ModuleType("unlag.fixes.breaking")
    kind.__dict__["edits"] = lambda request: (Edit(request.path, request.span, "return"),)
    monkeypatch.setitem(sys.modules, kind.__name__, kind)


def test_what_would_not_compile_is_refused() -> None:
    made = edits(OFFER, FixRequest("app.py", "x = 1\nwait\n", HERE, ()))
    assert isinstance(made, Refusal)
    assert made.reason == "The result would not parse; this is a fault in Unlag, report it."


def test_a_file_that_did_not_parse_before_is_not_edited() -> None:
    made = edits(OFFER, FixRequest("app.py", "x = = 1\nwait\n", HERE, ()))
    assert isinstance(made, Refusal)
    assert "which runs Unlag, cannot parse the file" in made.reason


def test_what_compiles_is_made() -> None:
    text = "def f():\n    wait\n"
    made = edits(OFFER, FixRequest("app.py", text, Span(2, 4, 2, 8), ()))
    assert made == (Edit("app.py", Span(2, 4, 2, 8), "return"),)


def test_syntax_of_a_newer_python_is_not_brought_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_is_python", lambda text: "type X" not in text)
    assert not parsing.still_parses("app.py", "X = int\n", "type X = int\n")
    assert parsing.still_parses("app.py", "type X = int\n", "type X = str\n")
