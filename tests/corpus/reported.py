"""What `unlag check` prints of an application, read back.

Knows the fields that samples and verdicts need, no others; draws and judges nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from applications import SERVER

SEVERITIES = frozenset({"error", "warning"})
"""Those whose findings are drawn and judged."""

Key = tuple[str, str]
"""Application and fingerprint."""


class Place(msgspec.Struct, frozen=True):
    """A step of a trail, as the command prints it."""

    path: str
    line: int
    function: str


class Entry(msgspec.Struct, frozen=True):
    """An entry point, as the command prints it."""

    method: str
    route: str
    function: str
    path: str
    line: int


class Finding(msgspec.Struct, frozen=True):
    """A finding, as the command prints it."""

    code: str
    rule: str
    severity: str
    path: str
    line: int
    message: str
    trail: tuple[Place, ...]
    entry_points: tuple[Entry, ...]
    fingerprint: str


class Output(msgspec.Struct, frozen=True):
    """The command's report."""

    findings: tuple[Finding, ...]


Found = Mapping[str, Sequence[Finding]]
"""Findings by application."""


def checked(folder: Path) -> tuple[Finding, ...]:
    """Everything the command finds in an application."""
    command = [sys.executable, "-m", "unlag", "check", "--no-cache", "--exit-zero"]
    answer = subprocess.run(
        [*command, "--output-format", "json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SERVER)},
        stdout=subprocess.PIPE,
        check=False,
    )
    if answer.returncode:
        sys.exit(f"`unlag check` of {folder} ended with {answer.returncode}: no sample without it.")
    return msgspec.json.decode(answer.stdout, type=Output).findings
