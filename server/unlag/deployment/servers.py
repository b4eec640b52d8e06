"""Finds, in a command, the program that is started in the end: through wrappers, `sh -c` and Python.

Knows the servers that run ASGI applications; what it does not know, it passes over in silence.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import zip_longest

import msgspec

from unlag.deployment import shell
from unlag.deployment.facts import Command, Word

SERVERS = frozenset({"uvicorn", "fastapi", "gunicorn", "hypercorn", "granian"})
FLASK_LIKE = frozenset({"flask", "quart"})
"""Their own servers are for development; those that stand beside an API count in debug mode only."""
_KNOWN = SERVERS | FLASK_LIKE
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?|pypy3?")
_ANY = "*"
_WRAPPERS = {
    **dict.fromkeys(
        ("exec", "env", "dumb-init", "tini", "catatonit", "setpriv", "sudo", "nohup", "nice", "ionice",
         "stdbuf", "xvfb-run", "opentelemetry-instrument", "ddtrace-run", "elastic-apm-run", "dockerize",
         "numactl", "catchsegv", "uvx", "docker-init", "time"),
        (),
    ),
    **dict.fromkeys(
        ("poetry", "uv", "pipenv", "pdm", "hatch", "rye", "pixi", "conda", "mamba", "micromamba",
         "dotenv", "doppler", "infisical", "op"),
        ("run",),
    ),
    **dict.fromkeys(
        ("gosu", "su-exec", "s6-setuidgid", "chpst", "timeout", "wait-for-it", "wait-for"), (_ANY,)
    ),
    "newrelic-admin": ("run-program",),
    "chamber": ("exec", _ANY),
}  # fmt: skip
"""Programs that start another one, and the words they want before it besides options."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_OF_PYTHON_WITH_VALUE = frozenset({"-X", "-W"})
_FOLLOWS_CODE = re.compile(r"-[a-z]*c[a-z]*")
_MOST_LEVELS = 5


class Start(msgspec.Struct, frozen=True):
    """A program that a command starts."""

    program: str
    """Such as `uvicorn`; `python` for a module or script, `script` for a shell script."""
    words: tuple[Word, ...]
    """The program and its arguments; for Python, the module or the script and its arguments."""
    command: Command
    """The innermost command that the words stand in."""
    is_guarded: bool

    def flag(self, *names: str) -> Word | None:
        """The first argument that is one of `names`."""
        return next((word for word in self.words[1:] if word.text in names), None)

    def value(self, *names: str) -> Word | None:
        """The word that holds the value of an option: the next one, or `--option=value` itself."""
        for word, following in zip_longest(self.words[1:], self.words[2:]):
            if word.text in names:
                return following
            if word.text.startswith(tuple(f"{name}=" for name in names if name.startswith("--"))):
                return word
        return None


def starts(command: Command, level: int = 0) -> Iterator[Start]:
    """What `command` starts, none where that cannot be told."""
    words = command.words
    wanted: tuple[str, ...] = ()
    is_script = False
    for index, word in enumerate(words):
        name = program_name(word.text)
        is_option = word.text.startswith("-") or (index and words[index - 1].text.startswith("-"))
        if name in _KNOWN:
            yield Start(name, words[index:], command, command.is_guarded)
            return
        if _PYTHON.fullmatch(name):
            yield from _python(words[index + 1 :], command)
            return
        if name in _SHELLS:
            yield from _shell(words[index + 1 :], command, level)
            return
        if is_shell_script(name):
            yield Start("script", words[index:], command, command.is_guarded)
            is_script = True
        elif name in _WRAPPERS:
            wanted = _WRAPPERS[name]
        elif wanted and wanted[0] in (word.text, _ANY):
            wanted = wanted[1:]
        elif not (is_script or is_option or _ASSIGNMENT.match(word.text)) or not index:
            return


def is_shell_script(name: str) -> bool:
    """Whether a program's name is that of a shell script."""
    return name.endswith((".sh", ".bash")) or name in ("entrypoint", "docker-entrypoint")


def program_name(text: str) -> str:
    """The file name of a program, without the folder."""
    name = posixpath.basename(text.replace("\\", "/"))
    return name.removesuffix(".exe")


def _python(words: tuple[Word, ...], command: Command) -> Iterator[Start]:
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "-m" and index + 1 < len(words):
            rest = words[index + 1 :]
            name = rest[0].text
            is_server = name in _KNOWN
            yield Start(name if is_server else "python", rest, command, command.is_guarded)
            return
        if text in _OF_PYTHON_WITH_VALUE:
            index += 1
        elif text == "-c" or text == "-":
            return
        elif not text.startswith("-"):
            if program_name(text) in _KNOWN:
                yield Start(program_name(text), words[index:], command, command.is_guarded)
            else:
                yield Start("python", words[index:], command, command.is_guarded)
            return
        index += 1


def _shell(words: tuple[Word, ...], command: Command, level: int) -> Iterator[Start]:
    for index, word in enumerate(words):
        if index and re.fullmatch(r"[-+][a-z]*o", words[index - 1].text):
            continue  # the name of a setting, as in `bash -eo pipefail`
        if not word.text.startswith(("-", "+")):
            yield Start("script", words[index:], command, command.is_guarded)
            return
        if _FOLLOWS_CODE.fullmatch(word.text) and index + 1 < len(words) and level < _MOST_LEVELS:
            for inner in shell.commands(words[index + 1].value):
                guarded = inner.is_guarded or command.is_guarded
                yield from starts(msgspec.structs.replace(inner, is_guarded=guarded), level + 1)
            return
