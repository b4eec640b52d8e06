"""A workspace of very many small files, in a real server: does it answer while it reads, and hold in the end?

    python tests/bench/large.py [--files 20000] [--minutes 20]

Writes the files to a temporary folder, opens one, asks for hovers while the rest is read, then types. Prints
one table; the exit code is 1 where anything stayed unanswered or the log holds an error.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from applications import SERVER
from conversation import Conversation, Message, SilenceError, introduction

FOLDERS = 200
HOVERS = 0.05
"""Seconds between hovers."""
MODULE = """\
import time

from fastapi import APIRouter

from package_{folder:03}.module_{other:05} import work_{other}

router = APIRouter()


def work_{number}(value: int) -> int:
    time.sleep(0.1)
    return value + {number}


@router.get("/items/{number}")
async def read_{number}() -> int:
    return work_{other}({number})
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=20, help="to wait until all is known")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as working:
        folder, log = Path(working) / "large", Path(working) / "log"
        opened = _write(folder, options.files)
        print(f"{options.files:,} files. Load average: {os.getloadavg()[0]:.1f}\n")
        try:
            rows = list(_rows(folder, opened, log, 60 * options.minutes))
        except SilenceError as trouble:
            print(f"{trouble}.")
            return 1
        faults = [line for line in log.read_text("utf-8").splitlines() if " error: " in line]
    print("| what | figure |\n| --- | ---: |")
    print("\n".join(f"| {what} | {figure} |" for what, figure in rows))
    print("\n".join(faults) or "\nNo error in the log.")
    return 1 if faults else 0


def _write(folder: Path, count: int) -> Path:
    size = -(-count // FOLDERS)
    for number in range(count):
        inner = folder / f"package_{number // size:03}"
        if number % size == 0:
            inner.mkdir(parents=True)
        other = (number + size) % count
        text = MODULE.format(number=number, other=other, folder=other // size)
        (inner / f"module_{number:05}.py").write_text(text, "utf-8")
    return folder / "package_000" / "module_00000.py"


def _rows(folder: Path, opened: Path, log: Path, patience: float) -> Iterator[tuple[str, str]]:
    command = [sys.executable, "-m", "unlag", "server"]
    talk = Conversation(command, folder, {"PYTHONPATH": str(SERVER)}, log)
    uri, text = opened.as_uri(), opened.read_text("utf-8")
    try:
        answered = talk.request("initialize", introduction(folder))
        yield "start to initialize, s", f"{answered.at - talk.started:.2f}"
        talk.notify("initialized", {})
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        sent = talk.notify("textDocument/didOpen", {"textDocument": item})
        first = talk.until(_publishes(uri, 1), patience)
        yield "opened to first diagnostics, s", f"{first.at - sent:.2f}"
        hovers = sorted(_hovers(talk, uri, patience))
        yield "until all is known, s", f"{time.perf_counter() - sent:.1f}"
        yield "hovers answered meanwhile", f"{len(hovers)}"
        if hovers:
            yield "their median, ms", f"{1000 * median(hovers):.0f}"
            yield "their p95, ms", f"{1000 * hovers[round(0.95 * (len(hovers) - 1))]:.0f}"
        delays = [_typed(talk, uri, version, text + "#" * version) for version in range(2, 42)]
        yield "a keystroke then, median ms", f"{1000 * median(delays):.1f}"
        yield "diagnostics of the open file", f"{_count(talk, uri, text)}"
        yield "CPU s of the server", f"{talk.cpu() or 0:.0f}"
        yield "RSS MiB", f"{talk.memory('VmRSS') or 0:.0f}"
        talk.leave()
    finally:
        talk.kill()


def _hovers(talk: Conversation, uri: str, patience: float) -> Iterator[float]:
    """Seconds of each hover until the server knows everything."""
    deadline = time.perf_counter() + patience
    place = {"textDocument": {"uri": uri}, "position": {"line": 14, "character": 14}}
    while not talk.request("unlag/endpoints", {"uri": uri}).message["result"]["complete"]:
        if time.perf_counter() > deadline:
            raise SilenceError("the project was never known as a whole")
        asked = time.perf_counter()
        yield talk.request("textDocument/hover", place).at - asked
        time.sleep(HOVERS)


def _typed(talk: Conversation, uri: str, version: int, text: str) -> float:
    identifier = {"uri": uri, "version": version}
    params = {"textDocument": identifier, "contentChanges": [{"text": text}]}
    sent = talk.notify("textDocument/didChange", params)
    return talk.until(_publishes(uri, version), 60).at - sent


def _count(talk: Conversation, uri: str, text: str) -> int:
    params = {"textDocument": {"uri": uri, "version": 99}, "contentChanges": [{"text": text}]}
    talk.notify("textDocument/didChange", params)
    return len(talk.until(_publishes(uri, 99), 60).message["params"]["diagnostics"])


def _publishes(uri: str, version: int) -> Callable[[Message], bool]:
    def is_it(message: Message) -> bool:
        params = message.get("params")
        return (
            message.get("method") == "textDocument/publishDiagnostics"
            and isinstance(params, dict)
            and (params["uri"], params.get("version")) == (uri, version)
        )

    return is_it


if __name__ == "__main__":
    sys.exit(main())
