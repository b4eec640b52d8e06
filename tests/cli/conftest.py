from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import fake_engine
from .runs import Result, Run


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / f"{tmp_path.name}-cache"))
    for name in ("VIRTUAL_ENV", "FORCE_COLOR", "NO_COLOR", "UNLAG_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory and a project of its own."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def unlag(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process."""
    from unlag import __main__

    def run(*arguments: str) -> Result:
        with pytest.raises(SystemExit) as ended:
            __main__.main(arguments)
        captured = capfd.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def unlag_faked(unlag: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same on an engine whose findings are named by comments."""
    from unlag import rules
    from unlag.cli import analysis

    monkeypatch.setattr(analysis, "Workspace", fake_engine.Workspace)
    monkeypatch.setattr(rules, "load", lambda: fake_engine.RULES)
    monkeypatch.setitem(sys.modules, "unlag.fixes.fake", fake_engine)
    return unlag
