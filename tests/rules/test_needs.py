"""Rules see the functions that mention one of their words, whatever the words came from, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unlag.config import Config
from unlag.engine import Checks
from unlag.finding import Finding, Severity
from unlag.rules import Rule, Subject
from unlag.rules.needs import LOOPS, REGISTERS, RUNS, calls_of
from unlag.workspace import Change, Workspace

CODE = """
import json
from asyncio import gather as together
import httpx
from fastapi import FastAPI

app = FastAPI()

@app.get("/")
async def endpoint(body: bytes): ...

def decodes(text): return json.loads(text)

async def both(a, b): await together(a, b)

def client(): return httpx.Client()

def generator(): yield 1

def local():
    class Inner: ...

def other(): return len("")

def looping(items):
    for item in items: len(item)

async def in_turn(a):
    one = await a.first()
    two = await a.second()
    return one, two
"""


def shown(needs: frozenset[str] | None, subject: Subject = Subject.FUNCTION) -> set[str]:
    """The functions of `CODE` that a rule with these needs sees."""
    seen: set[str] = set()

    def check(view: Any) -> Iterator[Finding]:
        seen.add(view.qualname)
        return iter(())

    rule = Rule("LAG999", "r", "f", Severity.HINT, True, "", "", check, (subject,), needs)
    workspace = Workspace(("/p",), Config())
    workspace.apply([Change("/p/a.py", CODE)])
    Checks(workspace.index, (rule,)).check("/p/a.py", Config())
    return seen


def test_names_are_found_as_written_and_by_what_they_mean() -> None:
    assert shown(frozenset({"loads"})) == {"decodes"}
    assert shown(frozenset({"together"})) == {"both"}
    assert shown(frozenset({"asyncio.gather"})) == {"both"}
    assert shown(frozenset({"gather", "json.loads"})) == {"both", "decodes"}
    assert shown(frozenset({"get"})) == {"endpoint", "<module>"}  # where the decorator runs
    assert shown(frozenset({"bytes"})) == {"endpoint"}


def test_a_word_can_be_what_a_function_does() -> None:
    assert shown(calls_of("client")) == {"client"}
    assert shown(frozenset({"yield"})) == {"generator"}
    assert shown(frozenset({"class"})) == {"local"}
    assert shown(frozenset({REGISTERS})) == {"endpoint", "<module>"}
    assert shown(frozenset({LOOPS})) == {"looping"}
    assert shown(frozenset({RUNS})) == {"in_turn"}


def test_a_library_is_a_word_with_a_dot() -> None:
    assert shown(frozenset({"httpx."})) == {"client"}


def test_without_needs_a_rule_sees_all_of_its_subject() -> None:
    assert {"other", "<module>", "decodes"} <= shown(None)
    assert shown(None, Subject.COROUTINE) == {"endpoint", "both", "in_turn"}
    assert shown(None, Subject.ON_LOOP) == {"endpoint"}
    assert shown(None, Subject.ENDPOINT) == {"endpoint"}
    assert shown(frozenset({"no_such_name"})) == set()
