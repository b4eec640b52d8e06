"""Fixes made pass by pass until none is left, also where a rule speaks of one place at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unlag.config import parse
from unlag.finding import Finding
from unlag.fixes.apply import Project, fix_all
from unlag.rules import load
from unlag.workspace import Change, Workspace

MAIN = "/project/app/main.py"
CONFIG = parse('[tool.unlag]\nselect = ["LAG208"]\n', "/project/pyproject.toml", load()).config


def test_rule_that_speaks_once_a_project() -> None:
    calls = "".join(f'    await asyncio.to_thread(os.stat, "{name}")\n' for name in "abcdefgh")
    text = (
        "import asyncio\nimport os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        f'@app.get("/")\nasync def read() -> None:\n{calls}'
    )
    workspace = Workspace(("/project",), CONFIG)

    def analyse(texts: Mapping[str, str]) -> Iterable[Finding]:
        changes = [Change(path, text) for path, text in texts.items()]
        return workspace.apply(changes).findings.get(MAIN, ())

    findings = list(analyse({MAIN: text}))
    project = Project({MAIN: text}.get, lambda path: "run_in_threadpool", analyse)
    done = fix_all(findings, project, unsafe=True)
    assert len(findings) == 1
    assert not done.refused
    assert done.texts[MAIN].count("run_in_threadpool(os.stat") > 1
    assert not analyse({})


def test_await_in_a_function_that_another_fix_makes_plain() -> None:
    text = (
        "from pathlib import Path\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "def is_there(name: str) -> bool:\n    return bool(Path(name).read_text())\n\n\n"
        "def names() -> list[str]:\n    return Path('names').read_text().split()\n\n\n"
        "@app.get('/')\nasync def read(name: str) -> bool:\n"
        "    known = names()\n"
        "    return any(is_there(other) for other in known if other != name)\n"
    )
    config = parse('[tool.unlag]\nselect = ["LAG102"]\n', "/project/pyproject.toml", load()).config
    workspace = Workspace(("/project",), config)

    def analyse(texts: Mapping[str, str]) -> Iterable[Finding]:
        changes = [Change(path, text) for path, text in texts.items()]
        return workspace.apply(changes).findings.get(MAIN, ())

    findings = list(analyse({MAIN: text}))
    project = Project({MAIN: text}.get, lambda path: "run_in_threadpool", analyse)
    done = fix_all(findings, project, unsafe=True)
    assert len(findings) == 2
    compile(done.texts[MAIN], MAIN, "exec")
    assert not any("fault in Unlag" in refused.reason for refused in done.refused)
    assert ("async def read" in done.texts[MAIN]) == ("await" in done.texts[MAIN])
