"""Reads the packages that requirements files and pyproject.toml ask for.

Knows no index: what a package brings along is for the rules to know. Included files are not followed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from unlag.deployment.facts import Command, Package, Word
from unlag.toml_places import Path, position

_PIP = re.compile(r"(?:.*/)?pip[\d.]*")
_NAMED = re.compile(r"[A-Za-z][\w.-]*(?:\[[\w, -]+\])?(?:$|[<>=!~;@ ])")
_FLAGS = frozenset(
    {"--no-cache-dir", "--upgrade", "-U", "--user", "--no-deps", "--pre", "-q", "--quiet", "--system",
     "--no-cache", "--force-reinstall", "--no-input", "--break-system-packages", "--prefer-binary"}
)  # fmt: skip
_LINE = re.compile(r"^[ \t]*([A-Za-z0-9][^\n#]*?)(?=[ \t]*(?:\\?$|[ \t]#|[ \t]--))", re.MULTILINE)


def of_requirements(text: str) -> tuple[Package, ...]:
    """The packages of a requirements file, each with its version and marker as its place."""
    found = (_package(match[1], match.start(1)) for match in _LINE.finditer(text))
    return tuple(package for package in found if package is not None)


def of_pyproject(text: str) -> tuple[Package, ...]:
    """The packages of a pyproject.toml: PEP 621, PEP 735 and Poetry; none where it is no TOML."""
    document = _toml(text)
    return (*_standard(document, text), *_of_poetry(document, text)) if document else ()


def of_commands(commands: Iterable[Command]) -> Iterator[Package]:
    """The packages that shell commands install with pip, by name."""
    for command in commands:
        texts = [word.text for word in command.words]
        if "install" not in texts or not any(_PIP.fullmatch(text) for text in texts):
            continue
        for before, word in zip(command.words, command.words[1:], strict=False):
            if before.text.startswith("-") and before.text not in _FLAGS:
                continue
            if word.is_plain and _NAMED.match(word.text):
                yield from _in_word(word)


def _in_word(word: Word) -> Iterator[Package]:
    package = _package(word.text, word.value.at[0])
    if package is not None:
        yield msgspec.structs.replace(package, end=word.value.at[-1])


def is_toml(text: str) -> bool:
    """Whether the text can be read."""
    return _toml(text) is not None


def _toml(text: str) -> dict[str, Any] | None:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _standard(document: dict[str, Any], text: str) -> Iterator[Package]:
    project = _table(document, "project")
    lists: list[tuple[Path, str, object]] = [
        (("project", "dependencies"), "", project.get("dependencies"))
    ]
    for path in (("project", "optional-dependencies"), ("dependency-groups",)):
        for group, items in _table(document, *path).items():
            lists.append(((*path, group), group, items))
    for where, group, items in lists:
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, str):
                offset = _offset(text, (*where, index))
                quote = 3 if text.startswith(('"""', "'''"), offset) else 1
                package = _package(item, offset + quote, group)
                if package is not None:
                    yield package


def _of_poetry(document: dict[str, Any], text: str) -> Iterator[Package]:
    root: Path = ("tool", "poetry")
    groups: list[tuple[Path, str]] = [((*root, "dependencies"), "")]
    groups += [((*root, "dev-dependencies"), "dev")]
    for group in _table(document, *root, "group"):
        groups.append(((*root, "group", group, "dependencies"), group))
    for path, group in groups:
        for name, wanted in _table(document, *path).items():
            offset = _offset(text, (*path, name))
            end = text.find("\n", offset)
            table = wanted if isinstance(wanted, dict) else {}
            yield Package(
                canonicalize_name(name),
                tuple(str(extra) for extra in table.get("extras", ())),
                str(table.get("markers", "")),
                offset,
                len(text) if end < 0 else end,
                group,
            )


def _package(written: str, offset: int, group: str = "") -> Package | None:
    try:
        requirement = Requirement(written)
    except InvalidRequirement:
        return None
    return Package(
        canonicalize_name(requirement.name),
        tuple(sorted(requirement.extras)),
        str(requirement.marker or ""),
        offset,
        offset + len(written),
        group,
    )


def _table(document: dict[str, Any], *path: str | int) -> dict[str, Any]:
    value: object = document
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _offset(text: str, path: Path) -> int:
    line, column = position(text, path)
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column
