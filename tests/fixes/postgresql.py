"""A PostgreSQL server of its own for the tests: a temporary folder, a Unix socket, no network.

Needs Debian's `postgresql` or the same programs elsewhere; says what is missing where it cannot be started.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ACCOUNT = "postgres"
"""Whom the server runs as where the tests run as root, which it refuses to run as."""
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB")
_SECONDS = 60


class MissingError(Exception):
    """Why there is no server."""


@contextlib.contextmanager
def server() -> Iterator[Callable[[], str]]:
    """A running server; what it gives makes a new database and says what follows the driver in its URL."""
    programs = _programs()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="unlag-pg-"))  # not pytest's: that is closed to others
    try:
        if account:
            shutil.chown(folder, account)
        data = str(folder / "data")
        creating = [str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "unlag"]
        creating += ["--no-sync", "--encoding", "UTF8", "--locale", "C"]
        subprocess.run(creating, check=True, capture_output=True, user=account, cwd=folder)
        command = [str(programs / "postgres"), "-D", data, "-k", str(folder), "-h", ""]
        command += [word for setting in _FAST for word in ("-c", setting)]
        with subprocess.Popen(
            command, stderr=subprocess.DEVNULL, user=account, cwd=folder
        ) as process:
            try:
                administrator = _connected(str(folder), process)
                yield lambda: _new(administrator, str(folder))
                administrator.close()
            finally:
                process.send_signal(signal.SIGQUIT)  # it would wait for connections left open
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of the newest server's programs, which Debian keeps out of PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if not folders:
        raise MissingError("there is no PostgreSQL server here; Debian's package is `postgresql`")
    return folders[-1].parent


def _version(program: Path) -> int:
    version = program.parents[1].name
    return int(version) if version.isdigit() else 0


def _account() -> str | None:
    if os.name != "posix" or os.geteuid():
        return None
    try:
        pwd.getpwnam(_ACCOUNT)
    except KeyError:
        raise MissingError(
            f"root may not run PostgreSQL, and there is no account `{_ACCOUNT}`"
        ) from None
    return _ACCOUNT


def _connected(folder: str, process: subprocess.Popen[bytes]) -> Any:
    import psycopg

    end = time.monotonic() + _SECONDS
    while True:
        try:
            return psycopg.connect(f"host={folder} user=unlag dbname=postgres", autocommit=True)
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise MissingError(f"the PostgreSQL server did not start: {error}") from error
            time.sleep(0.1)


_numbers = itertools.count(1)


def _new(administrator: Any, folder: str) -> str:
    name = f"shop_{next(_numbers)}"
    administrator.execute(f"create database {name}")
    return f"://unlag@/{name}?host={folder}"
