"""Findings follow edits of the files that decide them, and are then those of a run from scratch."""

from __future__ import annotations

import pytest

from unlag.config import Config
from unlag.workspace import Change, Workspace

SETTINGS = """
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = True


settings = Settings()
"""
MAIN = """
import uvicorn
from fastapi import FastAPI

from app.settings import settings

app = FastAPI(debug=settings.debug)

if __name__ == "__main__":
    uvicorn.run("app.main:app", host="0.0.0.0", reload=True)
"""
DOCKERFILE = 'FROM python:3.13\nCMD ["uvicorn", "app.main:app", "--reload"]\n'
FILES = {"app/settings.py": SETTINGS, "app/main.py": MAIN, "Dockerfile": DOCKERFILE}


def said(workspace: Workspace, changes: dict[str, str | None]) -> dict[str, list[tuple[str, str]]]:
    snapshot = workspace.apply([Change(f"/p/{path}", text) for path, text in changes.items()])
    assert not snapshot.problems
    return {
        path.removeprefix("/p/"): [(item.code, item.severity.value) for item in items]
        for path, items in snapshot.findings.items()
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/settings.py", SETTINGS.replace("True", "False")),
        ("app/main.py", MAIN.replace("debug=settings.debug", "debug=False")),
        ("Dockerfile", DOCKERFILE.replace(', "--reload"', "")),
        ("Dockerfile", DOCKERFILE.replace("CMD", "ENV DEBUG=0\nCMD")),
        ("Dockerfile", None),
        ("Dockerfile.prod", DOCKERFILE),
        ("start.sh", "exec uvicorn app.main:app --reload\n"),
        ("compose.prod.yaml", "services:\n  web:\n    build: .\n    command: python app/main.py\n"),
    ],
)
def test_an_edit_gives_what_a_run_from_scratch_gives(path: str, text: str | None) -> None:
    workspace = Workspace(("/p",), Config())
    before = said(workspace, dict(FILES))
    after = said(workspace, {path: text})
    scratch = {name: item for name, item in {**FILES, path: text}.items() if item is not None}
    assert after == said(Workspace(("/p",), Config()), dict(scratch))
    assert said(workspace, {path: FILES.get(path)}) == before


HELPED = (
    MAIN.replace("import settings\n", "import settings\nfrom app.work import wait\n")
    + """

@app.get("/")
async def read() -> None:
    wait()
"""
)
WORK = "import time\n\n\ndef wait() -> None:\n    time.sleep(1)\n"
HELPED_FILES = {**FILES, "app/main.py": HELPED, "app/work.py": WORK, "pyproject.toml": ""}


@pytest.mark.parametrize(
    "together",
    [
        {"app/work.py": WORK.replace("time.sleep(1)", "pass"), "Dockerfile": None},
        {"app/work.py": None, "Dockerfile": "FROM python:3.13\nCMD python app/main.py\n"},
        {"app/settings.py": None, "app/main.py": None, "Dockerfile": None, "pyproject.toml": None},
        dict.fromkeys(HELPED_FILES),
    ],
)
def test_files_of_both_kinds_that_change_together(together: dict[str, str | None]) -> None:
    workspace = Workspace(("/p",), Config())
    before = said(workspace, dict(HELPED_FILES))
    after = said(workspace, together)
    texts = {**HELPED_FILES, **together}
    scratch = {name: text for name, text in texts.items() if text is not None}
    assert after == said(Workspace(("/p",), Config()), dict(scratch))
    assert said(workspace, {path: HELPED_FILES[path] for path in together}) == before
