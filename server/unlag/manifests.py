"""What lock files, requirements and pyproject.toml of one folder say about versions.

Understands their form, not their versions. Files that cannot be read say nothing: their own tools complain.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from unlag.versions import DISTRIBUTIONS, Known, Versions

_PACKAGE_TABLE = re.compile(r'^name = "([\w.-]+)"\r?\nversion = "([^"\n]+)"', re.MULTILINE)
_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?\s*([^;#)\\]*)")
_SEPARATORS = re.compile(r"[-_.]+")
_OPERATORS = "=<>!~"
_LISTS = (".txt", ".in")
_FOLDER = "requirements"
"""Where some projects keep a list for each purpose."""

Pairs = Iterable[tuple[str, str]]
"""Distribution as written, and specifier."""


def locked(folder: str, names: Iterable[str]) -> Versions:
    """What the lock file among `names`, the files of `folder`, pins."""
    present = frozenset(names)
    for name, read in _LOCK_FILES:
        if name in present:
            versions = _said(os.path.join(folder, name), read)
            if versions.known:
                return versions
    return Versions()


def required(folder: str, names: Collection[str]) -> Versions:
    """What the pyproject.toml and the requirements among `names`, or in a folder of them, ask for.

    What is pinned goes first.
    """
    said: dict[str, Known] = {}
    lists = [name for name in names if name == "pyproject.toml" or is_requirements(name)]
    if _FOLDER in names:
        lists += _in_folder(folder)
    for name in sorted(lists, key=lambda name: (name != "pyproject.toml", len(name), name)):
        read = _project if name == "pyproject.toml" else _lines
        for item in _said(os.path.join(folder, name), read).known:
            known = said.get(item.distribution)
            if known is None or _narrowness(item) > _narrowness(known):
                said[item.distribution] = item
    return _sorted(said)


def is_manifest(name: str) -> bool:
    """Whether what bears that name can say something about versions."""
    return name in LOCK_FILES or name in ("pyproject.toml", _FOLDER) or is_requirements(name)


def is_requirements(name: str) -> bool:
    """Whether a file of that name is a list for pip."""
    return name.startswith("requirements") and name.endswith(_LISTS)


def _in_folder(folder: str) -> list[str]:
    try:
        names = os.listdir(os.path.join(folder, _FOLDER))
    except OSError:
        return []
    return [os.path.join(_FOLDER, name) for name in names if name.endswith(_LISTS)]


def normalized(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return _SEPARATORS.sub("-", name).lower()


def _narrowness(item: Known) -> int:
    """2 for a pin, 1 for a bound, 0 where any version is right."""
    return int(bool(item.specifier)) + int(item.specifier.startswith("=="))


def _sorted(found: Mapping[str, Known]) -> Versions:
    return Versions(tuple(found[name] for name in sorted(found)))


def _said(path: str, read: Callable[[str], Pairs]) -> Versions:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as handle:
            pairs = list(read(handle.read()))
    except (OSError, ValueError, RecursionError):
        return Versions()
    found: dict[str, Known] = {}
    for name, specifier in pairs:
        distribution = normalized(name)
        if distribution not in DISTRIBUTIONS:
            continue
        known = found.get(distribution)
        if known is None or not known.specifier:
            found[distribution] = Known(distribution, specifier, path)
        elif known.specifier != specifier and read in (_tables, _pipfile):
            # one lock file for several platforms: the oldest comes first
            lowest = known.specifier.replace("==", ">=")
            found[distribution] = Known(distribution, lowest, path)
    return _sorted(found)


def _tables(text: str) -> Pairs:
    return ((match[1], f"=={match[2]}") for match in _PACKAGE_TABLE.finditer(text))


def _pipfile(text: str) -> Pairs:
    document = json.loads(text)
    for section in ("default", "develop"):
        for name, entry in _table({"": document}, "", section).items():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str):
                yield name, version


def _lines(text: str) -> Pairs:
    for line in text.splitlines():
        yield from _requirement(line)


def _requirement(line: str) -> Iterator[tuple[str, str]]:
    match = _REQUIREMENT.match(line.strip())
    if match is not None and (not match[2] or match[2][0] in _OPERATORS):
        yield match[1], match[2].partition("--")[0].replace(" ", "").strip()


def _project(text: str) -> Pairs:
    if not any(name in text.lower() for name in ("fastapi", "starlette", "pydantic", "sql")):
        return
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    document = tomllib.loads(text)
    project = _table(document, "project")
    yield from _listed(project.get("dependencies"))
    yield from _poetry(_table(document, "tool", "poetry", "dependencies"))
    groups = (_table(project, "optional-dependencies"), _table(document, "dependency-groups"))
    for group in groups:
        for requirements in group.values():
            yield from _listed(requirements)


def _listed(requirements: object) -> Pairs:
    for item in requirements if isinstance(requirements, list) else ():
        if isinstance(item, str):
            yield from _requirement(item)


def _poetry(dependencies: Mapping[str, Any]) -> Pairs:
    for name, value in dependencies.items():
        version = value.get("version") if isinstance(value, dict) else value
        if isinstance(version, str):
            # a bare version is a pin to Poetry
            yield name, f"=={version}" if version[:1].isdigit() else version.replace("*", "")


def _table(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = document.get(key)
        document = found if isinstance(found, dict) else {}
    return document


_LOCK_FILES: Sequence[tuple[str, Callable[[str], Pairs]]] = (
    ("uv.lock", _tables),
    ("poetry.lock", _tables),
    ("pdm.lock", _tables),
    ("Pipfile.lock", _pipfile),
    ("pylock.toml", _tables),
)
LOCK_FILES = frozenset(name for name, _ in _LOCK_FILES)
