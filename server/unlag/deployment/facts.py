"""What one deployment file says, as plain data: places are offsets into its text.

Words keep where each of their characters stands, so that a command inside a quoted string inside a
list is pointed at like any other.
"""

from __future__ import annotations

import bisect
import enum
import itertools

import msgspec

from unlag.finding import Span
from unlag.source.suppressions import Suppression


class Kind(enum.Enum):
    """What sort of file it is, as messages call it."""

    DOCKERFILE = "Dockerfile"
    COMPOSE = "compose file"
    PROCFILE = "Procfile"
    SHELL = "shell script"
    SYSTEMD = "systemd unit"
    REQUIREMENTS = "requirements file"
    PYPROJECT = "pyproject.toml"


class Form(enum.Enum):
    """How the words of a command are separated; it says how one is taken out."""

    SHELL = "shell"
    LIST = "list"
    LINES = "lines"
    """A YAML list with a line for each word."""


class Written(msgspec.Struct, frozen=True):
    """A stretch of text once quotes, escapes and continued lines are undone."""

    text: str
    at: tuple[int, ...]
    """Where each character stands in the file, and where the stretch ends."""

    def part(self, start: int, end: int) -> Written:
        """The characters from `start` up to `end`."""
        if start == end:
            return Written("", (self.at[start],))
        return Written(self.text[start:end], (*self.at[start:end], self.at[end - 1] + 1))


class Word(msgspec.Struct, frozen=True):
    """One word of a command."""

    value: Written
    start: int
    """Where it begins in the file, quotes included."""
    end: int
    is_plain: bool = True
    """False where the shell or the environment puts something in its place."""

    @property
    def text(self) -> str:
        """What the program gets to see."""
        return self.value.text


class Command(msgspec.Struct, frozen=True):
    """A program with its arguments."""

    words: tuple[Word, ...]
    form: Form
    is_guarded: bool = False
    """Whether it runs only under a condition, or where a function is called."""


class Line(msgspec.Struct, frozen=True):
    """A command line as a file gives it: words, or text for a shell."""

    commands: tuple[Command, ...]
    start: int
    end: int
    is_shell: bool
    """Whether a shell runs it."""

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of a line that no shell runs."""
        return self.commands[0].words if self.commands else ()


class Variable(msgspec.Struct, frozen=True):
    """A variable that a file puts into the environment."""

    name: str
    value: str
    start: int
    end: int


class Package(msgspec.Struct, frozen=True):
    """A package that a file asks for."""

    name: str
    """Normalised: lower case, hyphens."""
    extras: tuple[str, ...]
    marker: str
    start: int
    end: int
    group: str = ""
    """Name of the optional group or dependency group it belongs to."""


class Stage(msgspec.Struct, frozen=True):
    """One `FROM` of a Dockerfile and what follows it."""

    name: str
    parent: str
    """The image or the stage it starts from."""
    number: int
    entrypoint: Line | None = None
    command: Line | None = None
    variables: tuple[Variable, ...] = ()
    scripts: tuple[tuple[str, tuple[Command, ...]], ...] = ()
    """Files that heredocs put into the image, by path, and the commands in them."""
    packages: tuple[Package, ...] = ()
    """What its instructions install by name."""


class Service(msgspec.Struct, frozen=True):
    """One service of a compose file, or one process of a Procfile or unit."""

    name: str
    command: Line | None = None
    entrypoint: Line | None = None
    variables: tuple[Variable, ...] = ()
    context: str = ""
    """Folder it is built in, as written."""
    dockerfile: str = ""
    """As written; empty where it is not built, or from the file's usual name."""
    is_built: bool = False
    has_image: bool = False
    target: str = ""
    mounts: tuple[str, ...] = ()
    """Folders of the host that the container sees, as written."""
    hints: tuple[str, ...] = ()
    """Words of profiles, container name and environment files."""


class Comment(msgspec.Struct, frozen=True):
    """A comment and where it stands."""

    line: int
    column: int
    text: str
    is_alone: bool
    """Whether nothing stands before it on its line."""


class DeploymentFile(msgspec.Struct, frozen=True):
    """One file, read."""

    kind: Kind
    starts: tuple[int, ...]
    """Where each line begins."""
    stages: tuple[Stage, ...] = ()
    services: tuple[Service, ...] = ()
    commands: tuple[Command, ...] = ()
    """What a shell script runs."""
    packages: tuple[Package, ...] = ()
    comments: tuple[Comment, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    is_generated: bool = False
    """Whether a tool wrote it from another file."""

    def span(self, start: int, end: int) -> Span:
        """Lines and columns of a stretch of the text."""
        return Span(*self._place(start), *self._place(end))

    def line(self, offset: int) -> int:
        """The line that an offset stands on, from 1."""
        return self._place(offset)[0]

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1]


def line_starts(text: str) -> tuple[int, ...]:
    """Where each line of `text` begins."""
    lengths = (len(line) + 1 for line in text.split("\n")[:-1])
    return (0, *itertools.accumulate(lengths))
