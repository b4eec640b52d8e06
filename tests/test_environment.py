from __future__ import annotations

from pathlib import Path

import pytest

from unlag import environment
from unlag.environment import Versions


@pytest.fixture(autouse=True)
def _no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


def install(folder: Path, *distributions: str) -> Path:
    packages = folder / "lib" / "python3.13" / "site-packages"
    for distribution in distributions:
        (packages / f"{distribution}.dist-info").mkdir(parents=True)
    return folder


def test_the_environment_goes_before_the_lock_file(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.100.0"\n')
    assert environment.of_project(str(tmp_path)) == Versions("0.100.0", "")
    install(tmp_path / ".venv", "fastapi-0.128.0", "pydantic-2.12.0", "pydantic_core-2.4")
    assert environment.of_project(str(tmp_path)) == Versions("0.128.0", "2.12.0")


def test_the_active_environment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / ".venv", "fastapi-0.128.0")
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "active", "fastapi-0.130.0")))
    assert environment.of_project(str(tmp_path)).fastapi == "0.130.0"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "fastapi"\nversion = "0.120.1"\nsource = {}\n'),
        ("poetry.lock", '[[package]]\r\nname = "fastapi"\r\nversion = "0.120.1"\r\n'),
        ("requirements.txt", "anyio==4\nFastAPI[standard] == 0.120.1 ; python_version > '3'\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n    "fastapi==0.120.1",\n]\n'),
    ],
)
def test_lock_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode())
    assert environment.of_project(str(tmp_path)) == Versions("0.120.1", "")


def test_nothing_is_known_of_a_range(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi>=0.120\npydantic\nfastapi-users==1.0\n")
    assert environment.of_project(str(tmp_path)) == Versions()


def test_an_interpreter_and_a_folder_lead_to_the_same(tmp_path: Path) -> None:
    install(tmp_path, "fastapi-0.128.0")
    (tmp_path / "bin").mkdir()
    interpreter = tmp_path / "bin" / "python"
    interpreter.touch()
    for path in (interpreter, tmp_path):
        assert environment.of_interpreter(str(path)) == Versions("0.128.0", "")
    assert environment.of_interpreter(str(tmp_path / "nowhere" / "bin" / "python")) is None
