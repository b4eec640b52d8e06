"""The tools that `cold.py` measures: how each is installed, called, and its findings counted.

Every tool gets an application without its dependencies, and keeps no cache; but `unlag-warm`, which runs
where nothing has changed since its last run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from applications import SERVER
from children import Command, last_error, run


class Tool(msgspec.Struct, frozen=True):
    """One contender."""

    name: str
    version: str
    words: tuple[str, ...]
    """The command; it runs in the application's folder."""
    count: Callable[[str], str]
    """Reads the number of findings from what it printed."""
    environment: dict[str, str] = {}
    remark: str = ""
    is_warm: bool = False
    """Whether a run that is not measured goes first."""


class Absent(msgspec.Struct, frozen=True):
    """A contender that cannot be measured here."""

    name: str
    reason: str


class Peer(msgspec.Struct, frozen=True):
    """A tool from PyPI."""

    name: str
    requirement: str
    command: tuple[str, ...]
    """The first word is a program of its environment."""
    count: Callable[[str], str]


# -- counting


def _of_unlag(text: str) -> str:
    summary = json.loads(text)["summary"]
    severities = summary["severities"]
    return f"{summary['findings']} ({severities['error']} E, {severities['warning']} W)"


def _of_json(key: str) -> Callable[[str], str]:
    return lambda text: str(len(json.loads(text)[key]))


def _of_list(text: str) -> str:
    return str(len(json.loads(text)))


def _of_lines(text: str) -> str:
    return str(len(re.findall(r"^.+:\d+:\d+: ASYNC", text, re.MULTILINE)))


def _of_prototype(text: str) -> str:
    found = re.search(r"(\d+) findings", text)
    return found[1] if found else "?"


def _words(command: str) -> tuple[str, ...]:
    return tuple(command.split())


PEERS = (
    Peer(
        "ruff",
        "ruff==0.17.6",
        _words(
            "ruff check --select ASYNC --no-cache --isolated --exit-zero --output-format json ."
        ),
        _of_list,
    ),
    Peer(
        "ty-async",
        "ty-async==0.4.0",
        # transitive alone is refused: it wants to know what blocks
        _words("ty-async --async200-transitive --async200-stdlib ."),
        _of_lines,
    ),
    Peer(
        "hydroid",
        "hydroid-cli==0.5.0",
        _words("hydroid --no-cache --format json ."),
        _of_json("diagnostics"),
    ),
    Peer(
        "blockpath",
        "blockpath==0.1.0",
        _words("blockpath check --json ."),
        _of_json("findings"),
    ),
)
NAMES = ("unlag", "unlag-warm", "prototype", *(peer.name for peer in PEERS))


# -- getting them ready


def prepared(
    names: frozenset[str], work: Path, prototype: Path | None, *, force: bool
) -> Iterator[Tool | Absent]:
    """Each tool asked for, tried on a small file: what cannot run here says why."""
    if "unlag" in names:
        yield _tried(_unlag(), work)
    if "unlag-warm" in names:
        yield _tried(_warm(_unlag(), work), work)
    if "prototype" in names:
        yield _tried(_prototype(prototype), work)
    for peer in PEERS:
        if peer.name in names:
            yield _tried(_installed(peer, work, force=force), work)


def _unlag() -> Tool:
    words = (sys.executable, "-m", "unlag", "check", "--no-cache", "--exit-zero")
    environment = {"PYTHONPATH": str(SERVER)}
    return Tool("unlag", _commit(), (*words, "--output-format", "json"), _of_unlag, environment)


def _warm(tool: Tool, work: Path) -> Tool:
    """The same with a cache of its own."""
    words = tuple(word for word in tool.words if word != "--no-cache")
    environment = {**tool.environment, "XDG_CACHE_HOME": str(work / "cache")}
    return msgspec.structs.replace(
        tool, name="unlag-warm", words=words, environment=environment, is_warm=True
    )


def _commit() -> str:
    """Which state of this repository is measured."""
    command = ["git", "-C", str(SERVER), "describe", "--always", "--dirty=, changed since"]
    answer = subprocess.run(command, capture_output=True, text=True)
    return answer.stdout.strip() or "no commit"


def _prototype(folder: Path | None) -> Tool | Absent:
    if folder is None:
        return Absent("prototype", "no folder was named with --prototype")
    if not (folder / "cold.py").is_file():
        return Absent("prototype", f"{folder / 'cold.py'} is no file")
    words = (sys.executable, str((folder / "cold.py").resolve()), ".")
    return Tool("prototype", "", words, _of_prototype)


def _installed(peer: Peer, work: Path, *, force: bool) -> Tool | Absent:
    """The peer in a throw-away environment of its own."""
    environment = work / peer.name
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    remark = ""
    answer = _pip(command, peer.requirement)
    if answer.returncode and force and "different python version" in answer.stderr.lower():
        answer = _pip([*command, "--ignore-requires-python"], peer.requirement)
        remark = f"not made for Python {sys.version_info[0]}.{sys.version_info[1]}, forced onto it"
    if answer.returncode:
        return Absent(peer.name, _reason(answer.stderr))
    program, *rest = peer.command
    version = peer.requirement.partition("==")[2]
    words = (str(environment / "bin" / program), *rest)
    return Tool(peer.name, version, words, peer.count, remark=remark)


def _pip(command: list[str], requirement: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, requirement], capture_output=True, text=True)


def _reason(complaint: str) -> str:
    """What pip says against a package: a wrong Python before that nothing else was found."""
    errors = [line for line in complaint.splitlines() if line.startswith("ERROR:")]
    return errors[0].removeprefix("ERROR: ") if errors else "pip gave no reason"


def _tried(tool: Tool | Absent, work: Path) -> Tool | Absent:
    """The tool, warm and known to run; or what came of the attempt."""
    if isinstance(tool, Absent):
        return tool
    folder = work / "trial"
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text("async def main() -> None:\n    pass\n", encoding="utf-8")
    output = work / f"{tool.name}-trial.out"
    cost = run(Command(tool.words, folder, tool.environment), output, 60)
    try:
        tool.count(output.read_text("utf-8"))
    except (ValueError, KeyError, TypeError):
        return Absent(tool.name, f"it ended with {cost.code}: {last_error(output)}")
    return tool
