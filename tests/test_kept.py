"""What is kept holds for the same program only, however often that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import unlag

RECORD = "unlag/__init__.py,sha256=abc,{}\nunlag/__pycache__/__init__.cpython-311.pyc,,\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A copy of the program in a folder of its own."""
    home = tmp_path / "unlag"
    wanted = shutil.ignore_patterns("__pycache__", "rules", "lsp", "fixes")
    shutil.copytree(Path(unlag.__file__).parent, home, ignore=wanted)
    return home


def name_by(program: Path) -> str:
    """The name under which that program keeps something."""
    said = "from unlag import kept; print(kept.name_of('state', '/project'))"
    command = [sys.executable, "-c", said]
    environment = {**os.environ, "PYTHONPATH": str(program.parent), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def install(program: Path, size: int) -> None:
    folder = program.with_name(f"unlag-{unlag.__version__}.dist-info")
    folder.mkdir(exist_ok=True)
    (folder / "RECORD").write_text(RECORD.format(size), encoding="utf-8")


def touch(program: Path) -> None:
    os.utime(program / "kept.py", ns=(1, 1))


def test_an_edit_of_the_program_voids_what_is_kept(program: Path) -> None:
    before = name_by(program)
    assert name_by(program) == before
    touch(program)
    assert name_by(program) != before


def test_installing_the_same_program_again_does_not(program: Path) -> None:
    install(program, 100)
    before = name_by(program)
    touch(program)
    assert name_by(program) == before
    install(program, 101)
    assert name_by(program) != before


def test_an_installed_file_of_another_size_does(program: Path) -> None:
    install(program, 100)
    before = name_by(program)
    with open(program / "kept.py", "a", encoding="utf-8") as file:
        file.write("#\n")
    assert name_by(program) != before
