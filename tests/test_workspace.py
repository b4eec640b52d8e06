"""An edited workspace says what a fresh one would: random edits over the sample shop."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from unlag.config import Config
from unlag.finding import Finding
from unlag.workspace import Change, Workspace

SHOP = Path(__file__).parent / "samples" / "shop"
EXAMPLES = int(os.environ.get("UNLAG_EDITS", "25"))
TEXTS = {
    str(path): path.read_text(encoding="utf-8")
    for path in sorted(SHOP.rglob("*.py"))
    if "tests" not in path.relative_to(SHOP).parts
}


def fresh(texts: Mapping[str, str]) -> Mapping[str, tuple[Finding, ...]]:
    """The findings of a workspace that has only ever seen `texts`."""
    workspace = Workspace((str(SHOP),), Config())
    return workspace.apply(Change(path, text) for path, text in texts.items()).findings


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def typed(lines: list[str], line: int, amount: int) -> None:
    where = amount % (len(lines[line]) + 1)
    lines[line] = lines[line][:where] + "ax_ (.):'"[amount % 9] + lines[line][where:]


def deleted(lines: list[str], line: int, amount: int) -> None:
    del lines[line : line + 1 + amount % 6]


def pasted(lines: list[str], line: int, amount: int) -> None:
    start = amount % len(lines)
    lines[line:line] = lines[start : start + 1 + amount % 12]


def moved(lines: list[str], line: int, amount: int) -> None:
    block = lines[line : line + 1 + amount % 12]
    del lines[line : line + 1 + amount % 12]
    lines[amount % (len(lines) + 1) : 0] = block


def recoloured(lines: list[str], line: int, amount: int) -> None:
    """The next `def` becomes `async def`, or the other way round."""
    for index in range(line, len(lines)):
        if "async def " in lines[index]:
            lines[index] = lines[index].replace("async def ", "def ", 1)
            return
        if "def " in lines[index]:
            lines[index] = lines[index].replace("def ", "async def ", 1)
            return


def renamed(lines: list[str], line: int, amount: int) -> None:
    """The next function gets another name, and nobody who calls it knows."""
    for index in range(line, len(lines)):
        head, found, tail = lines[index].partition("def ")
        if found:
            lines[index] = f"{head}def renamed_{amount % 3}_{tail}"
            return


KINDS = (typed, deleted, pasted, moved, recoloured, renamed)
EDIT = st.tuples(
    st.sampled_from(sorted(TEXTS)),
    st.sampled_from(KINDS),
    st.integers(0, 400),
    st.integers(0, 10_000),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(edits=st.lists(EDIT, min_size=1, max_size=12))
def test_edits_lead_to_what_a_fresh_run_finds(
    edits: list[tuple[str, object, int, int]],
) -> None:
    texts = dict(TEXTS)
    workspace = Workspace((str(SHOP),), Config())
    workspace.apply(Change(path, text) for path, text in texts.items())
    for path, kind, line, amount in edits:
        lines = texts[path].split("\n")
        assert callable(kind)
        kind(lines, line % len(lines), amount)
        texts[path] = "\n".join(lines)
        workspace.apply([Change(path, texts[path])])
    # Files left broken keep what was known of them, which a fresh run cannot know: mend them.
    mended = [Change(path, TEXTS[path]) for path, text in texts.items() if not parses(text)]
    texts.update({change.path: change.text for change in mended if change.text is not None})
    assert workspace.apply(mended).findings == fresh(texts)


def test_a_file_that_comes_and_goes_leaves_nothing_behind() -> None:
    workspace = Workspace((str(SHOP),), Config())
    before = workspace.apply(Change(path, text) for path, text in TEXTS.items()).findings
    extra = str(SHOP / "shop" / "extra.py")
    text = (
        "import time\nfrom fastapi import APIRouter\nrouter = APIRouter()\n"
        '@router.get("/slow")\nasync def slow():\n    time.sleep(1)\n'
    )
    with_extra = workspace.apply([Change(extra, text)]).findings
    assert [finding.rule for finding in with_extra[extra]] == ["blocking-call-on-loop"]
    assert workspace.apply([Change(extra, None)]).findings == before


def test_an_edited_helper_updates_the_files_that_call_it() -> None:
    root = "/project"
    helper = f"{root}/app/helper.py"
    main = f"{root}/app/main.py"
    workspace = Workspace((root,), Config())
    endpoint = (
        "from fastapi import FastAPI\nfrom app.helper import load\napp = FastAPI()\n"
        '@app.get("/")\nasync def read():\n    return load()\n'
    )
    quiet = "def load():\n    return 1\n"
    slow = "import time\n\n\ndef load():\n    time.sleep(1)\n"
    first = workspace.apply([Change(main, endpoint), Change(helper, quiet)])
    assert first.findings == {}
    second = workspace.apply([Change(helper, slow)])
    assert [finding.rule for finding in second.findings[main]] == ["blocking-helper-on-loop"]
    assert second.findings[main][0].trail[-1].line == 5
    moved_down = workspace.apply([Change(helper, "\n\n" + slow)])
    assert moved_down.findings[main][0].trail[-1].line == 7
    assert workspace.apply([Change(helper, quiet)]).findings == {}


def test_endpoints_say_what_is_done_twice() -> None:
    workspace = Workspace((str(SHOP),), Config())
    rows = workspace.apply(Change(path, text) for path, text in TEXTS.items()).endpoints
    repeats = {row.function: row.repeats for row in rows if row.path.endswith("reports.py")}
    assert repeats["daily_first"] == ("validated", "serialised")
    assert repeats["daily_encoded"] == ("serialised",)
    assert repeats["daily_last"] == ()
