"""What a client may say about how the server behaves: plain data, read with care.

A wrong value costs that setting only: its default applies and a sentence says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from unlag.deployment.facts import Kind
from unlag.deployment.names import kind_of
from unlag.manifests import LOCK_FILES

CONFIGURATION = LOCK_FILES | {"pyproject.toml", ".gitignore"}
"""Names of files that say how a project is to be read; lists of requirements do too."""


def is_configuration(path: str) -> bool:
    """Whether the file at `path` says how a project is to be read."""
    return os.path.basename(path) in CONFIGURATION or kind_of(path) is Kind.REQUIREMENTS


class Settings(msgspec.Struct, frozen=True, rename="camel"):
    """The user's settings, below `unlag.`; they can change while the server runs."""

    scope: Literal["openFiles", "workspace"] = "openFiles"
    """Which files' findings are published."""
    code_lens: bool = True
    python: str = ""
    """Interpreter or folder of the project's environment: read, never run."""


class Options(msgspec.Struct, frozen=True, rename="camel"):
    """`initializationOptions`: what the client itself can do."""

    rule_pages: str = ""
    """`vscode` where links to `vscode://unlag.unlag/rule/...` lead to a page."""
    status: bool = False
    """Whether the client wants `unlag/status`."""
    jedi: bool = False
    """Whether jedi is asked what receivers are that the project's text leaves open: in a process of its own,
    so never where the user does not trust the workspace. Off: on four real applications with all they
    depend on it added nothing (tests/bench/README.md), and the editor would say more than CI."""

    @property
    def wants_status(self) -> bool:
        """Whether to send `unlag/status`."""
        return self.status or self.rule_pages == "vscode"


def settings_from(given: object) -> tuple[Settings, tuple[str, ...]]:
    """The settings in `given`, and what is wrong with them."""
    fields, troubles = _fields(Settings, given, "unlag.")
    return Settings(**fields), troubles


def options_from(given: object) -> tuple[Options, tuple[str, ...]]:
    """The options in `given`, and what is wrong with them."""
    fields, troubles = _fields(Options, given, "initializationOptions.")
    return Options(**fields), troubles


def _fields(
    kind: type[msgspec.Struct], given: object, prefix: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    fields: dict[str, Any] = {}
    troubles: list[str] = []
    if not isinstance(given, Mapping):
        return fields, ()
    for field in msgspec.structs.fields(kind):
        value = given.get(field.encode_name)
        if value is None:
            continue
        try:
            fields[field.name] = msgspec.convert(value, field.type)
        except msgspec.ValidationError as error:
            name = f"{prefix}{field.encode_name}"
            troubles.append(f"{name} is {value!r}: {error}. The default is used.")
    return fields, tuple(troubles)
