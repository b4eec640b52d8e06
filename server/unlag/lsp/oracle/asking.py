"""The server's side of the oracle: starts the child when there is something to ask, and ends it.

One question at a time, each bounded in time: a child that takes longer is killed, and the place it stumbled
over counts as answered with nothing.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any

import msgspec

PATIENCE = 2.0
"""Seconds for one place."""
_STARTING = 30.0
"""More for the first place: a busy machine takes its time to load jedi, and nobody waits for it."""
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from unlag.lsp.oracle.child import main; main()"
)


class Surroundings(msgspec.Struct, frozen=True):
    """Where jedi may look."""

    root: str
    roots: tuple[str, ...]
    """Folders that the project's own modules are imported from."""
    packages: tuple[str, ...]
    """Folders of the environment's installed packages."""


class Question(msgspec.Struct, frozen=True):
    """What stands at some places of a file."""

    path: str
    text: str
    places: tuple[tuple[int, int], ...]
    """Line from 1, column in characters."""


class Oracle:
    """One child process, started by the first question and ended by `close`."""

    def __init__(self, surroundings: Surroundings, command: Sequence[str] = ()) -> None:
        self._surroundings = surroundings
        self._command = command or _child_command()
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.asked = 0
        self.stumbled = 0
        """Places that took too long."""
        self.seconds = 0.0
        """Time spent waiting for answers."""

    def ask(
        self, question: Question, is_wanted: Callable[[], bool] = lambda: True
    ) -> tuple[tuple[str, ...], ...]:
        """The names for each place, empty where there is none; fewer when no longer wanted."""
        found: list[tuple[str, ...]] = []
        while len(found) < len(question.places) and is_wanted():
            rest = question.places[len(found) :]
            fresh = self._answers(msgspec.structs.replace(question, places=rest), is_wanted)
            found.extend(fresh)
            if len(fresh) < len(rest) and is_wanted():
                found.append(())  # the place that took too long
                self.stumbled += 1
        return tuple(found)

    def close(self) -> None:
        """End the child, whatever it does."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()

    def _answers(self, question: Question, is_wanted: Callable[[], bool]) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        patience = PATIENCE if self._child is not None else PATIENCE + _STARTING
        started = time.monotonic()
        try:
            self._send(msgspec.to_builtins(question))
            while len(found) < len(question.places) and is_wanted():
                answer = self._read(patience)
                patience = PATIENCE
                found.append(tuple(answer["names"]))
        except (OSError, TimeoutError, ValueError):
            self.close()
        if len(found) < len(question.places):
            self.close()  # its other answers would be taken for those of the next question
        self.asked += len(found)
        self.seconds += time.monotonic() - started
        return found

    def _send(self, message: object) -> None:
        stream = self._started().stdin
        assert stream is not None
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._lines = queue.SimpleQueue()
            arguments = (self._child.stdout, self._lines)
            threading.Thread(target=_listen, args=arguments, daemon=True).start()
            self._send(msgspec.to_builtins(self._surroundings))
        return self._child

    def _read(self, patience: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            raise TimeoutError from None
        if not line:
            raise OSError("the child is gone")
        return dict(json.loads(line))


def _listen(stream: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Hand over what the child says, line by line, and an empty line when it is gone."""
    try:
        for line in stream:
            lines.put(line)
    except ValueError:  # closed from the other side
        pass
    lines.put(b"")


def _child_command() -> Sequence[str]:
    """This interpreter with this path, whatever put it together."""
    path = json.dumps([entry for entry in sys.path if entry])
    return [sys.executable, "-I", "-S", "-c", _BOOT, path]
