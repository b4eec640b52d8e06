"""Reads a Dockerfile into its stages: what each starts, and the environment it sets.

The text is cut into instructions by dockerfile-parse, which knows no heredocs: their lines are
hidden from it, and read here where they put a script into the image.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator

import msgspec

from unlag.deployment import packages, shell, written
from unlag.deployment.facts import Command, Form, Line, Stage, Variable, Word, Written

_HEREDOC = re.compile(r"<<(-?)(['\"]?)([A-Za-z_]\w*)\2")
_FLAG = re.compile(r"--[a-z]+(?:=\S*)?\s+")
_ELEMENT = re.compile(r'"(?:\\.|[^"\\])*"')
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(\"(?:\\.|[^\"\\])*\"|'[^']*'|(?:\\.|[^\s\\])*)")


class Instruction(msgspec.Struct, frozen=True):
    """One instruction without its name."""

    name: str
    body: Written
    """What follows the name, continued lines joined."""
    heredocs: tuple[Written, ...] = ()


def stages(text: str) -> tuple[Stage, ...]:
    """The stages of a Dockerfile, in the order of the text."""
    found: list[Stage] = []
    for instruction in instructions(text):
        if instruction.name == "FROM":
            found.append(_stage(instruction.body.text, len(found)))
        elif found:
            found[-1] = _with(found[-1], instruction, text)
    return tuple(found)


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction but comments."""
    from dockerfile_parse import DockerfileParser  # few projects are checked for long

    shown, heredocs = _without_heredocs(text)
    escape = _escape(text)
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for item in DockerfileParser(fileobj=io.BytesIO(shown.encode())).structure:
        name = item["instruction"]
        if name != "COMMENT":
            first, last = item["startline"], item["endline"]
            body = _joined(lines, starts, first, last, name, escape)
            yield Instruction(name, body, tuple(heredocs.get(last, ())))


def _without_heredocs(text: str) -> tuple[str, dict[int, list[Written]]]:
    """The text with the lines of heredocs empty, and their bodies by the line that opens them."""
    lines = text.split("\n")
    shown: list[str] = []
    bodies: dict[int, list[Written]] = {}
    waiting: list[tuple[str, bool]] = []
    opened = begin = offset = 0
    for number, line in enumerate(lines):
        if waiting:
            mark, is_indented = waiting[0]
            if (line.lstrip("\t") if is_indented else line) == mark:
                waiting.pop(0)
                body = written.verbatim(text, begin, max(offset - 1, begin))
                bodies.setdefault(opened, []).append(body)
                begin = offset + len(line) + 1
            shown.append("")
        else:
            shown.append(line)
            if re.match(r"\s*(?:RUN|COPY|ADD)\s|\s", line, re.IGNORECASE):
                waiting = [(m[3], bool(m[1])) for m in _HEREDOC.finditer(line)]
            opened, begin = number, offset + len(line) + 1
        offset += len(line) + 1
    return ("\n".join(shown), bodies) if not waiting else (text, {})


def _escape(text: str) -> str:
    match = re.match(r"(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*`", text, re.IGNORECASE)
    return "`" if match else "\\"


def _joined(
    lines: list[str], starts: list[int], first: int, last: int, name: str, escape: str
) -> Written:
    """What follows the name, without continuation characters, line ends and comment lines."""
    characters: list[str] = []
    places: list[int] = []
    for number in range(first, last + 1):
        line = lines[number]
        begin = 0
        if number == first:
            begin = len(line) - len(line.lstrip()) + len(name)
            begin += len(line[begin:]) - len(line[begin:].lstrip())
        elif line.lstrip().startswith("#"):
            continue
        end = len(line.rstrip())
        if end > begin and line[end - 1] == escape:
            end -= 1
        characters.extend(line[begin:end])
        places.extend(range(starts[number] + begin, starts[number] + end))
    end = places[-1] + 1 if places else starts[first]
    return Written("".join(characters), (*places, end))


def _stage(body: str, number: int) -> Stage:
    match = _FROM.match(body.strip())
    return Stage((match[2] or "") if match else "", match[1] if match else "", number)


def _with(stage: Stage, instruction: Instruction, text: str) -> Stage:
    body = instruction.body
    replace = msgspec.structs.replace
    if instruction.name == "CMD":
        return replace(stage, command=line_of(body))
    if instruction.name == "ENTRYPOINT":
        return replace(stage, entrypoint=line_of(body))
    if instruction.name == "ENV":
        return replace(stage, variables=(*stage.variables, *_variables(body)))
    if instruction.name == "RUN":
        installed = packages.of_commands(shell.commands(body))
        return replace(stage, packages=(*stage.packages, *installed))
    if instruction.name in ("COPY", "ADD") and instruction.heredocs:
        script = shell.commands(instruction.heredocs[0])
        path = body.text.split()[-1] if body.text.split() else ""
        return replace(stage, scripts=(*stage.scripts, (path, script)))
    return stage


def line_of(body: Written) -> Line:
    """A command line in the exec form where it is a JSON list of strings, else in the shell form."""
    words = _exec_words(body)
    if words is not None:
        return Line((Command(words, Form.LIST),), body.at[0], body.at[-1], is_shell=False)
    return Line(shell.commands(body), body.at[0], body.at[-1], is_shell=True)


def _exec_words(body: Written) -> tuple[Word, ...] | None:
    if not body.text.startswith("["):
        return None
    try:
        values = json.loads(body.text)
    except ValueError:
        return None
    if not all(isinstance(value, str) for value in values):
        return None
    found: list[Word] = []
    for value, match in zip(values, _ELEMENT.finditer(body.text), strict=True):
        element = body.part(match.start(), match.end())
        inner = written.aligned(value, element.text, 0, len(element.text))
        at = tuple(element.at[index] for index in inner.at) if inner else None
        start, end = element.at[0], element.at[-1]
        found.append(Word(Written(value, at or (start,) * (len(value) + 1)), start, end))
    return tuple(found)


def _variables(body: Written) -> Iterator[Variable]:
    matches = list(_VARIABLE.finditer(body.text))
    for match in matches:
        yield _variable(match[1], match[2], body.part(match.start(), match.end()))
    if not matches and " " in body.text:  # the old form: ENV NAME value
        name, _, value = body.text.partition(" ")
        yield _variable(name, value.strip(), body)


def _variable(name: str, value: str, place: Written) -> Variable:
    with contextlib.suppress(ValueError):  # a quote without its end: Docker refuses it as well
        value = "".join(shlex.split(value))
    return Variable(name, value, place.at[0], place.at[-1])
