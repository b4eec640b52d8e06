from __future__ import annotations

import os
from pathlib import Path

import pytest

from unlag import environment
from unlag.environment import Environments


@pytest.fixture(autouse=True)
def _no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


def install(folder: Path, *distributions: str) -> Path:
    packages = folder / "lib" / "python3.13" / "site-packages"
    for distribution in distributions:
        (packages / f"{distribution}.dist-info").mkdir(parents=True)
    return folder


def versions(folder: Path) -> dict[str, str]:
    return {item.distribution: item.spoken for item in Environments().of_folder(str(folder)).known}


def test_the_environment_goes_before_the_lock_file(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.100.0"\n')
    assert versions(tmp_path) == {"fastapi": "0.100.0"}
    install(tmp_path / ".venv", "fastapi-0.128.0", "SQLAlchemy-2.0.4", "pydantic_core-2.4")
    assert versions(tmp_path) == {"fastapi": "0.128.0", "sqlalchemy": "2.0.4"}


def test_the_lock_file_goes_before_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi==0.90\nuvicorn\n")
    assert versions(tmp_path) == {"fastapi": "0.90", "uvicorn": "any"}
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.100.0"\n')
    assert versions(tmp_path) == {"fastapi": "0.100.0"}


def test_the_active_environment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / ".venv", "fastapi-0.128.0")
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "active", "fastapi-0.130.0")))
    assert versions(tmp_path) == {"fastapi": "0.130.0"}


def test_the_active_environment_of_another_project_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "a" / ".venv", "fastapi-0.128.0")
    (tmp_path / "a" / "pyproject.toml").touch()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "a" / ".venv"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "requirements.txt").write_text("fastapi==0.90\n")
    assert versions(tmp_path / "a") == {"fastapi": "0.128.0"}
    assert versions(tmp_path / "b") == {"fastapi": "0.90"}


def test_an_environment_of_tools_does_not_count(tmp_path: Path) -> None:
    install(tmp_path / ".venv", "pydantic-1.10.2")
    (tmp_path / "requirements.txt").write_text("fastapi==0.120\n")
    assert versions(tmp_path) == {"fastapi": "0.120"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "fastapi"\nversion = "0.120.1"\nsource = {}\n'),
        ("poetry.lock", '[[package]]\r\nname = "fastapi"\r\nversion = "0.120.1"\r\n'),
        ("pdm.lock", '[[package]]\nname = "fastapi"\nversion = "0.120.1"\n'),
        ("pylock.toml", '[[packages]]\nname = "fastapi"\nversion = "0.120.1"\n'),
        ("Pipfile.lock", '{"default": {"fastapi": {"version": "==0.120.1"}, "x": {}}}'),
        ("requirements.txt", "x==4\nFastAPI[standard] == 0.120.1 ; python_version > '3'\n"),
        ("requirements-prod.txt", "fastapi==0.120.1 \\\n    --hash=sha256:00\n"),
        ("requirements/base.txt", "fastapi==0.120.1\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n    "fastapi==0.120.1",\n]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = "0.120.1"\n'),
    ],
)
def test_pins(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(text.encode())
    assert versions(tmp_path) == {"fastapi": "0.120.1"}


def test_bounds(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["fastapi[standard]>=0.110,<1", "anyio"]\n'
        "[project.optional-dependencies]\ndb = [\"SQLAlchemy >= 2 ; python_version > '3'\"]\n"
        '[dependency-groups]\ndev = ["uvicorn~=0.30", {include-group = "x"}]\n'
        '[tool.poetry.dependencies]\npydantic = {version = "^2.4", extras = ["email"]}\n'
    )
    assert versions(tmp_path) == {
        "anyio": "any",
        "fastapi": ">=0.110,<1",
        "pydantic": "^2.4",
        "sqlalchemy": ">=2",
        "uvicorn": "~=0.30",
    }


def test_a_pin_goes_before_a_bound_and_a_bound_before_a_name(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["fastapi>=0.110"]\n')
    (tmp_path / "requirements.txt").write_text("fastapi\npydantic>=2\nfastapi-users==1.0\n")
    (tmp_path / "requirements-dev.txt").write_text("pydantic==2.4\n-r requirements.txt\n")
    assert versions(tmp_path) == {"fastapi": ">=0.110", "pydantic": "2.4"}


def test_a_lock_file_for_several_platforms_says_at_least(tmp_path: Path) -> None:
    table = '[[package]]\nname = "fastapi"\nversion = "{}"\n'
    (tmp_path / "uv.lock").write_text(table.format("0.115.0") + "\n" + table.format("0.120.0"))
    assert versions(tmp_path) == {"fastapi": ">=0.115.0"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project\nfastapi"),
        ("pyproject.toml", 'project = "fastapi"\ndependency-groups = 3\n'),
        ("pyproject.toml", '[project]\ndependencies = "fastapi"\n'),
        ("Pipfile.lock", "fastapi"),
        ("Pipfile.lock", '{"default": [1]}'),
        ("Pipfile.lock", "[]"),
        ("Pipfile.lock", "[1]"),
        ("requirements.txt", "\x00\xff ==\n== 3\nhttps://example.org/fastapi-1.0.whl\n"),
    ],
)
def test_a_broken_file_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert versions(tmp_path) == {}


def test_projects_of_one_repository_have_their_own(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text("fastapi==0.90\n")
    for name, version in (("orders", "0.115.0"), ("users", "0.128.0")):
        (tmp_path / name / "app" / "routes").mkdir(parents=True)
        install(tmp_path / name / ".venv", f"fastapi-{version}")
    (tmp_path / "shared").mkdir()
    found = Environments()
    for place, version in (
        ("orders/app/routes", "0.115.0"),
        ("orders", "0.115.0"),
        ("users/app", "0.128.0"),
        ("shared", "0.90"),
        (".", "0.90"),
    ):
        (known,) = found.of_folder(str(tmp_path / place)).known
        assert known.spoken == version


def test_members_of_a_workspace_share_its_lock_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.100.0"\n')
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "pyproject.toml").write_text('[project]\ndependencies = ["fastapi>=0.9"]\n')
    assert versions(tmp_path / "api") == {"fastapi": "0.100.0"}


def test_an_environment_of_another_version_above_a_project_does_not_count(tmp_path: Path) -> None:
    install(tmp_path / "venv", "fastapi-0.128.0")
    project = tmp_path / "work" / "shop"
    project.mkdir(parents=True)
    for asked, found in (
        ("fastapi==0.90", "0.90"),
        ("fastapi<0.100", "<0.100"),
        ("fastapi>=0.129", ">=0.129"),
        ("fastapi==0.128.*", "0.128.0"),
        ("fastapi", "0.128.0"),
    ):
        (project / "requirements.txt").write_text(f"{asked}\n")
        assert versions(project) == {"fastapi": found}
    (project / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.100.0"\n')
    assert versions(project) == {"fastapi": "0.100.0"}
    install(project / ".venv", "fastapi-0.120.0")
    assert versions(project) == {"fastapi": "0.120.0"}


def test_nothing_above_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi==0.90\n")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert versions(tmp_path / "repository") == {}
    assert versions(Path(os.sep)) == {}


def test_an_interpreter_and_a_folder_lead_to_the_same(tmp_path: Path) -> None:
    install(tmp_path, "fastapi-0.128.0")
    (tmp_path / "bin").mkdir()
    interpreter = tmp_path / "bin" / "python"
    interpreter.touch()
    for path in (interpreter, tmp_path):
        found = environment.of_interpreter(str(path))
        assert found is not None
        assert [item.spoken for item in found.known] == ["0.128.0"]
    assert environment.of_interpreter(str(tmp_path / "nowhere" / "bin" / "python")) is None
    assert environment.of_interpreter(str(tmp_path / "bin" / "python9")) is None


def test_a_file_beside_an_interpreter_leads_to_no_environment(tmp_path: Path) -> None:
    install(tmp_path, "fastapi-0.128.0")
    (tmp_path / "bin").mkdir()
    for name in ("uvicorn", "Python.exe", "pypy3"):
        (tmp_path / "bin" / name).touch()
    assert environment.of_interpreter(str(tmp_path / "bin" / "uvicorn")) is None
    assert environment.packages(str(tmp_path / "bin" / "uvicorn")) == ()
    for name in ("Python.exe", "pypy3"):
        assert environment.of_interpreter(str(tmp_path / "bin" / name)) is not None


def test_what_is_no_version_is_no_distribution(tmp_path: Path) -> None:
    install(tmp_path / ".venv", "fastapi-0.128.0", "starlette-1.x!", "anyio", "-1.0")
    assert not Environments().of_folder(str(tmp_path)).is_before("starlette", "0.1")
