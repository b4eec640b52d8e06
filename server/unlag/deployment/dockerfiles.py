"""What the images of a Dockerfile start: stages joined along `FROM`, entry point and command together.

An image is for production where its stage is the last one, is named for production, or is what a
compose file for production builds; and where nothing in it says development.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

import msgspec

from unlag.deployment.facts import Command, DeploymentFile, Form, Line, Stage
from unlag.deployment.names import (
    is_development_setting,
    is_for_development,
    is_for_production,
)
from unlag.deployment.servers import is_shell_script, program_name, starts

_FOR_DEVELOPMENT = re.compile(r"\b(dev|development|local(?:ly)?|hot[- ]?reload)\b", re.IGNORECASE)
_ABOVE = 3
"""Lines above an instruction in which a comment can be about it."""


class Image(msgspec.Struct, frozen=True):
    """What somebody who builds a stage gets."""

    stage: Stage
    is_last: bool
    commands: tuple[Command, ...]


def images(file: DeploymentFile, wanted: frozenset[str]) -> Iterator[Image]:
    """The images for production; `wanted` names the stages that are built by name."""
    seen: set[tuple[Command, ...]] = set()
    for stage in file.stages:
        is_last = stage is file.stages[-1]
        if not (is_last or is_for_production(stage.name) or stage.name in wanted):
            continue
        line = _lineage(file, stage)
        commands = joined(*_effective(line))
        commands += tuple(_of_scripts(commands, line))
        if commands and commands not in seen and not _is_for_development(file, stage, line, wanted):
            seen.add(commands)
            yield Image(stage, is_last, commands)


def stages_for_production(file: DeploymentFile) -> list[Stage]:
    """The last stage and those it starts from, where none of them says development."""
    line = _lineage(file, file.stages[-1]) if file.stages else []
    return [] if line and _is_for_development(file, line[0], line, frozenset()) else line


def described(image: Image, file: DeploymentFile, name: str) -> str:
    """An image in words, after `in` or `by`."""
    if len(file.stages) == 1:
        return f"`{name}`"
    if image.is_last:
        called = f" `{image.stage.name}`" if image.stage.name else ""
        return f"the final stage{called} of `{name}`"
    return f"stage `{image.stage.name}` of `{name}`"


def entrypoint(file: DeploymentFile, target: str) -> Line | None:
    """The entry point of a stage, or of the last one."""
    named = [stage for stage in file.stages if stage.name == target] or list(file.stages[-1:])
    return _effective(_lineage(file, named[0]))[0] if named else None


def joined(entrypoint: Line | None, command: Line | None) -> tuple[Command, ...]:
    """What a container runs, given its entry point and its command."""
    if entrypoint is None:
        return command.commands if command is not None else ()
    if entrypoint.is_shell or command is None or not command.commands:
        return entrypoint.commands
    if not entrypoint.commands:
        return command.commands
    if command.is_shell:
        return (*entrypoint.commands, *command.commands)
    form = command.commands[0].form if command.words else Form.LIST
    return (Command((*entrypoint.words, *command.words), form),)


def _lineage(file: DeploymentFile, stage: Stage) -> list[Stage]:
    """The stage and those it starts from, itself first."""
    line = [stage]
    while parent := _parent(file, line[-1]):
        line.append(parent)
    return line


def _parent(file: DeploymentFile, stage: Stage) -> Stage | None:
    earlier = file.stages[: stage.number]
    same = [other for other in earlier if other.name and other.name == stage.parent]
    return same[-1] if same else None


def _effective(line: Sequence[Stage]) -> tuple[Line | None, Line | None]:
    """Entry point and command; an entry point takes away the command of the stages below it."""
    command: Line | None = None
    for stage in line:
        command = command or stage.command
        if stage.entrypoint is not None:
            return stage.entrypoint, command
    return None, command


def _of_scripts(commands: Sequence[Command], line: Sequence[Stage]) -> Iterator[Command]:
    """The commands of scripts that the image's own heredocs write and its command runs."""
    run = {
        posixpath.basename(start.words[0].text)
        for command in commands
        for start in starts(command)
        if start.program == "script"
    }
    for stage in line:
        for path, found in stage.scripts:
            if posixpath.basename(path) in run:
                yield from found


def _is_for_development(
    file: DeploymentFile, stage: Stage, line: Sequence[Stage], wanted: frozenset[str]
) -> bool:
    if is_for_development(stage.name) and stage.name not in wanted:
        return True
    variables = [variable for part in line for variable in part.variables]
    if any(is_development_setting(item.name, item.value) for item in variables):
        return True
    lines = [part for part in _effective(line) if part is not None]
    programs = [
        program_name(command.words[0].text)
        for part in lines
        for command in part.commands
        if command.words
    ]
    if any(is_shell_script(name) and is_for_development(name) for name in programs):
        return True
    return any(_is_said_above(file, file.line(part.start)) for part in lines)


def _is_said_above(file: DeploymentFile, line: int) -> bool:
    """Whether a comment right above an instruction calls it one for development."""
    said = {comment.line: comment.text for comment in file.comments}
    for number in range(line - 1, max(line - 1 - _ABOVE, 0), -1):
        if number not in said:
            return False
        if "unlag:" not in said[number] and _FOR_DEVELOPMENT.search(said[number]):
            return True
    return False
