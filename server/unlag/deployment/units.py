"""Reads the two plain forms of start commands: Procfiles and systemd units.

Each line stands for itself; a unit's are continued with a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.deployment import shell, written
from unlag.deployment.facts import Line, Service, Variable, Written

_PROCESS = re.compile(r"^([A-Za-z0-9_-]+):[ \t]*(.+)$", re.MULTILINE)
_SETTING = re.compile(
    r"^(ExecStart|Environment)[ \t]*=[ \t]*((?:[^\n]*\\\n)*[^\n]*)$", re.MULTILINE
)
_ASSIGNMENT = re.compile(r"[\"']?([A-Za-z_]\w*)=([^\"'\s]*)[\"']?")
_PREFIXES = "@-:+!"


def processes(text: str) -> tuple[Service, ...]:
    """The processes of a Procfile."""
    return tuple(
        Service(match[1], command=_line(text, match.start(2), match.end(2), is_shell=True))
        for match in _PROCESS.finditer(text)
    )


def unit(text: str, name: str) -> tuple[Service, ...]:
    """What a systemd unit starts, as one service with that name."""
    if "[Service]" not in text:
        return ()
    line: Line | None = None
    variables: list[Variable] = []
    for match in _SETTING.finditer(text):
        start, end = match.span(2)
        if match[1] == "Environment":
            variables.extend(_variables(text, start, end))
        elif text[start:end].strip():
            while text[start] in _PREFIXES:
                start += 1
            line = _line(text, start, end, is_shell=False)
    return (Service(name, command=line, variables=tuple(variables)),)


def _line(text: str, start: int, end: int, *, is_shell: bool) -> Line:
    body: Written = written.verbatim(text, start, end)
    return Line(shell.commands(body), start, end, is_shell)


def _variables(text: str, start: int, end: int) -> Iterator[Variable]:
    for match in _ASSIGNMENT.finditer(text, start, end):
        yield Variable(match[1], match[2], match.start(), match.end())
