"""How long a real server takes to know a whole application when it is started again: prints a table.

    python tests/bench/starts.py [APPLICATION] [--sources DIR] [--repeat N] [--edited N...]

Works on a copy, with a cache of its own: first there is nothing in it, then nothing has changed since, then a
function was added to some files, and to more. Meanwhile a hover is asked for every 20 ms.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from applications import SERVER, add_options, folders, size
from conversation import Conversation, Message, introduction
from documents import Document, choose

EDITED = (1, 20, 100)
"""How many files are edited between two starts."""
ADDED = "\n\ndef added_here(number: int) -> int:\n    return number + {}\n"
PATIENCE = 300.0
BETWEEN_HOVERS = 0.02


class Start(NamedTuple):
    """One start; seconds from the process's start, but for hovers."""

    what: str
    first: float
    """Until the diagnostics of the open file."""
    known: float
    cpu: float
    """CPU seconds until all was known."""
    hovers: list[float]
    resident: float
    """MiB once all was known."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("application", nargs="?", default="zenml", metavar="APPLICATION")
    parser.add_argument("--repeat", type=int, default=3, help="starts of each kind but the first")
    parser.add_argument("--edited", type=int, nargs="*", default=EDITED, help="files in between")
    add_options(parser)
    options = parser.parse_args()
    source = folders([options.application], options)[options.application]
    files, lines = size(source)
    print(f"    {shlex.join(['python', *sys.argv])}\n")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}.", end=" ")
    print(
        f"{options.application}: {files:,} files, {lines:,} lines. Load average before: {_load()}\n"
    )
    with tempfile.TemporaryDirectory() as working:
        folder = Path(working) / options.application
        shutil.copytree(source, folder)
        print(
            "| what | first diagnostics, s | all known, s | CPU s | hovers: median, p95, max, ms | RSS MiB |"
        )
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for start in _starts(folder, Path(working) / "cache", options):
            print(_row(start), flush=True)
    print(f"\nLoad average after: {_load()}")
    return 0


def _starts(folder: Path, cache: Path, options: argparse.Namespace) -> Iterator[Start]:
    document = choose(folder, 1000, 1, 1)
    others = sorted(path for path in folder.rglob("*.py") if path != document.path)
    chance = random.Random(1)
    yield _start("nothing is in the cache", folder, document, cache)
    for _ in range(options.repeat):
        yield _start("nothing has changed", folder, document, cache)
    for count in options.edited:
        for number in range(options.repeat):
            for path in chance.sample(others, min(count, len(others))):
                with open(path, "a", encoding="utf-8") as file:
                    file.write(ADDED.format(number))
            yield _start(f"files edited: {count}", folder, document, cache)


def _start(what: str, folder: Path, document: Document, cache: Path) -> Start:
    paths = os.pathsep.join([str(SERVER), os.environ.get("PYTHONPATH", "")])
    environment = {"PYTHONPATH": paths, "XDG_CACHE_HOME": str(cache)}
    words = [sys.executable, "-m", "unlag", "server"]
    talk = Conversation(words, folder, environment, cache.parent / "log")
    try:
        talk.request("initialize", introduction(folder))
        talk.notify("initialized", {})
        item = {"uri": document.uri, "languageId": "python", "version": 1, "text": document.text}
        talk.notify("textDocument/didOpen", {"textDocument": item})

        def is_first(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            return bool(message["params"]["uri"] == document.uri)

        first = talk.until(is_first, PATIENCE).at
        hovers: list[float] = []
        position = {"textDocument": {"uri": document.uri}, "position": {"line": 10, "character": 4}}
        while not talk.request("unlag/endpoints", {}, PATIENCE).message["result"]["complete"]:
            asked = time.perf_counter()
            hovers.append(talk.request("textDocument/hover", position, PATIENCE).at - asked)
            time.sleep(BETWEEN_HOVERS)
        known, cpu, resident = time.perf_counter(), talk.cpu() or 0.0, talk.memory("VmRSS") or 0.0
        _wait_until_kept(talk)
        talk.leave()
    finally:
        talk.kill()
    return Start(what, first - talk.started, known - talk.started, cpu, hovers, resident)


def _wait_until_kept(talk: Conversation) -> None:
    """Wait until the server has done what it does when nothing is asked of it."""
    used, idle = -1.0, 0
    while idle < 8:
        time.sleep(0.25)
        now = talk.cpu() or 0.0
        used, idle = now, idle + 1 if now - used < 0.02 else 0


def _row(start: Start) -> str:
    hovers = sorted(start.hovers) or [0.0]
    p95 = hovers[min(len(hovers) * 95 // 100, len(hovers) - 1)]
    delays = ", ".join(f"{1000 * value:.0f}" for value in (median(hovers), p95, hovers[-1]))
    times = f"{start.first:.2f} | {start.known:.2f} | {start.cpu:.2f}"
    return f"| {start.what} | {times} | {delays} | {start.resident:.0f} |"


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())
