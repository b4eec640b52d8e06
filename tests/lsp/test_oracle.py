"""What jedi is asked: it answers from sources, runs none of them, and never holds anybody up."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from unlag.lsp import features
from unlag.lsp.analyst import Analyst
from unlag.lsp.inbox import Inbox
from unlag.lsp.oracle import asking
from unlag.lsp.oracle.asking import Oracle, Question, Surroundings
from unlag.lsp.oracle.consulting import Consultant

from .editor import Editor

TEXT = """\
import acme

def fetch(name):
    client = acme.connect(name)
    return client.load("é", 1)
"""
LOAD = (5, 19)
PACKAGE = """\
from pathlib import Path

Path({marker!r}).write_text("imported")

class Client:
    def load(self, key, number): ...

def connect(name):
    return Client()
"""
STUCK = """\
import json, sys, time
sys.stdin.readline()
for line in sys.stdin:
    for number, place in enumerate(json.loads(line)["places"]):
        if place == [1, 0]:
            time.sleep(60)
        print(json.dumps({"place": number, "names": [str(place)]}), flush=True)
"""


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    packages = tmp_path / "site-packages"
    (packages / "acme").mkdir(parents=True)
    marker = str(tmp_path / "marker")
    (packages / "acme" / "__init__.py").write_text(PACKAGE.format(marker=marker))
    root = tmp_path / "project"
    root.mkdir()
    (root / "sitecustomize.py").write_text(f"open({marker!r}, 'w')")
    return Surroundings(str(root), (str(root),), (str(packages),))


def test_it_knows_what_an_installed_package_says(surroundings: Surroundings) -> None:
    oracle = Oracle(surroundings)
    path = f"{surroundings.root}/app.py"
    try:
        assert oracle.ask(Question(path, TEXT, (LOAD, (1, 0)))) == (("acme.Client.load",), ())
        assert oracle.ask(Question(path, TEXT, (LOAD,))) == (("acme.Client.load",),)
        assert oracle.asked == 3
    finally:
        oracle.close()
    assert not Path(surroundings.root).with_name("marker").exists()


def test_a_place_that_takes_too_long_costs_only_itself(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 1.0)
    oracle = Oracle(surroundings, [sys.executable, "-c", STUCK])
    try:
        places = ((7, 7), (1, 0), (8, 8))
        answers = oracle.ask(Question("a.py", "", places))
        assert answers == (("[7, 7]",), (), ("[8, 8]",))
    finally:
        oracle.close()


def test_a_child_that_does_not_start_answers_nothing(surroundings: Surroundings) -> None:
    oracle = Oracle(surroundings, [sys.executable, "-c", "raise SystemExit(1)"])
    assert oracle.ask(Question("a.py", "", ((1, 0), (2, 0)))) == ((), ())
    oracle.close()


def test_nobody_waits_for_what_is_not_wanted_any_more(surroundings: Surroundings) -> None:
    oracle = Oracle(surroundings)
    started = time.monotonic()
    path = f"{surroundings.root}/app.py"
    assert oracle.ask(Question(path, TEXT, (LOAD,)), is_wanted=lambda: False) == ()
    assert time.monotonic() - started < asking.PATIENCE + asking._STARTING
    oracle.close()


CALLER = """\
from fastapi import FastAPI

import acme

app = FastAPI()


@app.get("/")
async def root():
    partner = acme.partner("shipping")
    return partner.post("https://shipping.invalid")
"""
ACME = """\
from requests import Session

def partner(name) -> Session:
    return Session()
"""
REQUESTS = """\
class Session:
    def post(self, url): ...
"""


@pytest.mark.asyncio
async def test_what_jedi_names_becomes_a_finding(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    editor.write("app.py", CALLER)
    packages = ".venv/lib/python3.11/site-packages"
    editor.write(f"{packages}/acme/__init__.py", ACME)
    editor.write(f"{packages}/requests/__init__.py", "from .sessions import Session\n")
    editor.write(f"{packages}/requests/sessions.py", REQUESTS)
    await editor.start()
    await editor.initialize(options={"jedi": True})
    uri = editor.open("app.py")
    assert await editor.diagnostics(uri, 1) == []
    (found,) = await editor.diagnostics(uri, 1)
    assert found.code == "LAG101"
    assert "requests.Session.post" in found.message
    assert await editor.stop() == 0
    assert [line for line in editor.log if "jedi named 1 of 1" in line]


@pytest.mark.parametrize("is_wanted", [True, False])
def test_jedi_is_left_alone_where_nobody_asks_for_it(
    is_wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Consultant] = []
    monkeypatch.setattr(Consultant, "start", lambda consultant: started.append(consultant))
    monkeypatch.setattr(Analyst, "run", lambda analyst: None)
    features._analyse(Inbox(), lambda report: None, is_wanted)
    assert bool(started) is is_wanted
