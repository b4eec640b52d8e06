"""Finds the command that a word of a deployment file belongs to, for those who edit it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unlag.deployment import shell
from unlag.deployment.facts import Command, DeploymentFile, Line


def command_at(file: DeploymentFile, offset: int) -> Command | None:
    """The innermost command with a word that begins at `offset`."""
    return _innermost(every_command(file), offset)


def content(file: DeploymentFile) -> list[str]:
    """Every word and package of a file, without their places."""
    words = [word.text for command in every_command(file) for word in command.words]
    return words + [package.name for package in file.packages]


def _innermost(commands: Iterable[Command], offset: int) -> Command | None:
    for command in commands:
        for word in command.words:
            if word.start == offset:
                return command
            if word.start < offset < word.end:
                return _innermost(shell.commands(word.value), offset)
    return None


def every_command(file: DeploymentFile) -> Iterator[Command]:
    """The commands of a file, those inside of quoted text not taken apart."""
    yield from file.commands
    lines: list[Line | None] = []
    for stage in file.stages:
        lines += (stage.entrypoint, stage.command)
        for _, commands in stage.scripts:
            yield from commands
    for service in file.services:
        lines += (service.entrypoint, service.command)
    for line in lines:
        if line is not None:
            yield from line.commands
