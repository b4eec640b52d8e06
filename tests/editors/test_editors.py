"""Editors that know nothing of Unlag show a diagnostic and a hover, and apply a fix: Neovim, Emacs with eglot.

`tests/run` installs both where it may; where it may not, it says so and these tests are not run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SERVER = Path(__file__).parents[2] / "server"
TEXT = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root() -> None:
    time.sleep(1)  # a nap
"""
FIXED = TEXT.replace("import time\n", "import asyncio\n").replace(
    "    time.sleep(1)", "    await asyncio.sleep(1)"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "p"\n')
    (root / "main.py").write_text(TEXT)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def driven(command: list[str], project: Path, tmp_path: Path) -> dict[str, Any]:
    """What the editor saw while its script ran."""
    seen = tmp_path / "seen.json"
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(SERVER),
        "UNLAG_PYTHON": sys.executable,
        "UNLAG_ROOT": str(project),
        "UNLAG_FILE": str(project / "main.py"),
        "UNLAG_FIX": "asyncio.sleep",
        "UNLAG_SEEN": str(seen),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
    assert seen.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(seen.read_text())
    assert "error" not in found, (found, done.stderr)
    assert done.returncode == 0, done.stderr
    return found


def is_right(hover: str) -> bool:
    return "time.sleep" in hover and "event loop" in hover


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed")
def test_neovim(project: Path, tmp_path: Path) -> None:
    script = str(HERE / "neovim.lua")
    command = ["nvim", "--headless", "-u", "NONE", "-n", "-c", f"luafile {script}"]
    seen = driven(command, project, tmp_path)
    assert seen["diagnostic"]["code"] == "LAG101"
    assert seen["diagnostic"]["line"] == 10
    assert is_right(seen["hover"]), seen["hover"]
    assert seen["clean"] is True
    assert (project / "main.py").read_text() == FIXED


@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed")
def test_eglot(project: Path, tmp_path: Path) -> None:
    command = ["emacs", "--batch", "--no-init-file", "--load", str(HERE / "eglot.el")]
    seen = driven(command, project, tmp_path)
    assert "time.sleep" in seen["diagnostic"]
    assert seen["line"] == 10
    assert is_right(seen["hover"]), seen["hover"]
    assert seen["clean"] is True
    assert (project / "main.py").read_text() == FIXED
