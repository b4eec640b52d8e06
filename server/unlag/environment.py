"""Versions of FastAPI and Pydantic a project runs with, from its environment or lock file.

Runs no interpreter and imports nothing of the project: folder names and pins tell.
"""

from __future__ import annotations

import os
import re

import msgspec

_DISTRIBUTION = re.compile(r"(fastapi|pydantic)-(\d[^-]*)\.dist-info", re.IGNORECASE)

_PACKAGE_TABLE = re.compile(
    r'^name = "(fastapi|pydantic)"\r?\nversion = "([^"]+)"', re.IGNORECASE | re.MULTILINE
)
_PINNED = re.compile(
    r"^[ \t\"']*(fastapi|pydantic)(?:\[[^\]]*\])? *== *([\w.]+)", re.IGNORECASE | re.MULTILINE
)
_LOCK_FILES = (
    ("uv.lock", _PACKAGE_TABLE),
    ("poetry.lock", _PACKAGE_TABLE),
    ("pdm.lock", _PACKAGE_TABLE),
    ("pylock.toml", _PACKAGE_TABLE),
    ("requirements.txt", _PINNED),
    ("pyproject.toml", _PINNED),
)


class Versions(msgspec.Struct, frozen=True):
    """Empty where a package is not installed."""

    fastapi: str = ""
    pydantic: str = ""


def of_project(root: str) -> Versions:
    """What the project in `root` runs with: its active or own environment, else its lock file."""
    active = os.environ.get("VIRTUAL_ENV")
    candidates = [active] if active else []
    candidates += [os.path.join(root, name) for name in (".venv", "venv", "env")]
    for candidate in candidates:
        versions = of_environment(candidate)
        if versions != Versions():
            return versions
    return of_lock_file(root)


def of_lock_file(root: str) -> Versions:
    """What the first lock file in `root` that names one of the packages pins."""
    for name, pin in _LOCK_FILES:
        try:
            with open(os.path.join(root, name), encoding="utf-8", errors="replace") as handle:
                pins = {match[1].lower(): match[2] for match in pin.finditer(handle.read())}
        except OSError:
            continue
        if pins:
            return Versions(pins.get("fastapi", ""), pins.get("pydantic", ""))
    return Versions()


def of_interpreter(path: str) -> Versions | None:
    """What the environment of a Python executable, or the environment in a folder, holds.

    None where `path` leads to no environment.
    """
    root = path if os.path.isdir(path) else os.path.dirname(os.path.dirname(os.path.abspath(path)))
    return of_environment(root) if _site_packages(root) else None


def of_environment(root: str) -> Versions:
    """What is installed in the environment in the folder `root`."""
    found: dict[str, str] = {}
    for folder in _site_packages(root):
        for name in _listed(folder):
            if match := _DISTRIBUTION.fullmatch(name):
                found.setdefault(match[1].lower(), match[2])
    return Versions(found.get("fastapi", ""), found.get("pydantic", ""))


def _site_packages(root: str) -> list[str]:
    candidates = [os.path.join(root, "Lib", "site-packages")]
    library = os.path.join(root, "lib")
    for name in sorted(_listed(library), reverse=True):
        if name.startswith("python"):
            candidates.append(os.path.join(library, name, "site-packages"))
            candidates.append(os.path.join(library, name, "dist-packages"))
    return [folder for folder in candidates if os.path.isdir(folder)]


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
