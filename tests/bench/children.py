"""Runs one child process to its end and says what the kernel says it cost.

Judges no output: whoever asked reads the file it went to.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one run took, its own children included."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    peak: float
    """Most memory that one of its processes held, in MiB."""
    code: int
    """Exit code; negative: the signal that ended it."""


class Command(NamedTuple):
    """What to run, and where."""

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = {}


_LEFT_OUT = frozenset({"VIRTUAL_ENV", "PYTHONPATH", "CONDA_PREFIX", "PYTHONDONTWRITEBYTECODE"})
"""What an installed tool does not have: nobody compiles its modules anew at each run."""


def run(command: Command, output: Path, limit: int) -> Cost:
    """Run a command with its output to files; the kernel ends it after `limit` CPU seconds."""
    inherited = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))

    with open(output, "wb") as out, open(errors_of(output), "wb") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            env={**inherited, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=bound,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(cpu, wall, usage.ru_maxrss / 1024, process.returncode)


def errors_of(output: Path) -> Path:
    """Where the standard error goes of a run whose standard output goes to `output`."""
    return output.with_suffix(".err")


def last_error(output: Path) -> str:
    """The last line on standard error, which says what went wrong."""
    lines = errors_of(output).read_text("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


def floor() -> float:
    """The least peak that can be seen, in MiB: a child starts with its parent's."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
