"""Versions of FastAPI and Pydantic in the project's environment, read from folder names.

Runs no interpreter and imports nothing of the project.
"""

from __future__ import annotations

import os
import re

import msgspec

_DISTRIBUTION = re.compile(r"(fastapi|pydantic)-(\d[^-]*)\.dist-info", re.IGNORECASE)


class Versions(msgspec.Struct, frozen=True):
    """Empty where a package is not installed."""

    fastapi: str = ""
    pydantic: str = ""


def of_project(root: str) -> Versions:
    """What the environment of the project in `root` holds: the active one, else its own."""
    active = os.environ.get("VIRTUAL_ENV")
    candidates = [active] if active else []
    candidates += [os.path.join(root, name) for name in (".venv", "venv", "env")]
    for candidate in candidates:
        versions = of_environment(candidate)
        if versions != Versions():
            return versions
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
