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
