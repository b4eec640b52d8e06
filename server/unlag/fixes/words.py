"""Takes words out of commands in deployment files, and puts others in; comments stay.

Works on Dockerfiles, compose files, Procfiles, units and scripts alike: what separates words there is
known from the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.deployment.facts import Command, DeploymentFile, Form, Word
from unlag.deployment.holding import command_at
from unlag.deployment.reading import read
from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal

_BLANK = re.compile(r"[\s\\`]*")
_SEPARATOR = re.compile(r"[\s\\`]*,[\s\\`]*")


def held(request: FixRequest) -> tuple[DeploymentFile, Command] | Refusal:
    """The file and the command in which the finding's word stands."""
    file = read(request.path, request.text)
    span = request.span
    offset = file.starts[span.line - 1] + span.column if span.line <= len(file.starts) else -1
    command = command_at(file, offset)
    if command is None:
        return Refusal("The text has changed: no word of a command begins where the finding was.")
    return file, command


def replaced(request: FixRequest, file: DeploymentFile, word: Word, text: str) -> Edit | Refusal:
    """The edit that puts `text` in the place of a word, inside of its quotes."""
    start, end = word.value.at[0], word.value.at[-1]
    if request.text[start:end] != word.text:
        return Refusal(f"`{word.text}` is written in a way that cannot be edited in place.")
    return Edit(request.path, file.span(start, end), text)


def removed(
    request: FixRequest, file: DeploymentFile, command: Command, unwanted: list[int]
) -> tuple[Edit, ...] | Refusal:
    """The edits that take the words with these numbers out of a command."""
    if len(unwanted) == len(command.words) and command.form is not Form.LIST:
        return Refusal("Nothing would be left of the command.")
    edits: list[Edit] = []
    has_own_lines = command.form is Form.LINES
    for first, last in [(n, n) for n in unwanted] if has_own_lines else _runs(unwanted):
        stretch = _stretch(request.text, command, first, last)
        if isinstance(stretch, Refusal):
            return stretch
        edits.append(Edit(request.path, file.span(*stretch), ""))
    return tuple(edits)


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Adjacent numbers, as first and last."""
    start = previous = numbers[0]
    for number in numbers[1:]:
        if number != previous + 1:
            yield start, previous
            start = number
        previous = number
    yield start, previous


def _stretch(text: str, command: Command, first: int, last: int) -> tuple[int, int] | Refusal:
    """What to cut so that the words from `first` to `last` are gone and the others stay."""
    words = command.words
    start, end = words[first].start, words[last].end
    if command.form is Form.LINES:
        return _whole_lines(text, start, end)
    gap = _BLANK if command.form is Form.SHELL else _SEPARATOR
    if first and gap.fullmatch(text, words[first - 1].end, start):
        return words[first - 1].end, end
    if last + 1 < len(words) and gap.fullmatch(text, end, words[last + 1].start):
        return start, words[last + 1].start
    if len(words) == last - first + 1 or (command.form is Form.SHELL and first):
        return start, end
    return Refusal("Something else stands between the words.")


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int] | Refusal:
    """The lines of a YAML list; a comment behind the last item keeps its line."""
    first = text.rfind("\n", 0, start) + 1
    dash = text.find("-", first, start)
    if dash < 0 or text[first:dash].strip():
        return Refusal("The list begins on the line of its key.")
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    rest = text[end:line_end]
    if rest.strip():
        return dash, end + len(rest) - len(rest.lstrip())
    if "#" in text[start:end]:
        return Refusal("A comment stands between the items.")
    return (first, line_end + 1) if line_end < len(text) else (max(first - 1, 0), line_end)
