"""Deployment files are found like Python files, and left out for the same reasons."""

from __future__ import annotations

from pathlib import Path

from unlag.config import Config
from unlag.discovery import discover


def found(root: Path) -> set[str]:
    listed = discover((str(root),), lambda folder: Config(root=str(root), exclude=("infra/old",)))
    assert not listed.problems
    return {Path(path).relative_to(root).as_posix() for path in listed.files}


def test_deployment_files_are_listed_and_others_are_not(tmp_path: Path) -> None:
    wanted = {"Dockerfile", "compose.yaml", "Procfile", "deploy/start.sh", "deploy/api.service",
              "requirements/base.txt", "pyproject.toml", "app/main.py"}  # fmt: skip
    unwanted = {"Makefile", "README.md", "notes.txt", "values.yaml", "infra/old/Dockerfile",
                "node_modules/x/Dockerfile", "docker-compose.local.yml", "secret.sh"}  # fmt: skip
    for name in wanted | unwanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".gitignore").write_text("*.local.yml\nsecret*\n")
    assert found(tmp_path) == wanted
