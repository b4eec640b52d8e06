"""The hook that pre-commit runs checks the project it is run in, whatever files changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_the_hook_checks_the_project_around_it() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *words = hook["entry"].split()
    assert (hook["id"], program, hook["language"]) == ("unlag", "unlag", "python")
    assert hook["pass_filenames"] is False
    command = [sys.executable, "-m", program, *words, "--no-cache"]
    shop = ROOT / "tests" / "samples" / "shop"
    result = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "LAG102" in result.stdout
