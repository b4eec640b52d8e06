"""How long diagnostics take after a keystroke, in a real server on a real application: prints tables.

    python tests/bench/keystrokes.py [APPLICATION] [--sources DIR] [--peer "ruff server"]

Types a statement after others, one character a change, and deletes it again: most of the states between
do not parse. Then a parameter comes and goes in the signature that the most files import. Where no file
has the size, the beginning of a larger one is typed in.
Judges nothing but one thing: the diagnostics of the text restored must be the first ones.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from applications import SERVER, add_options, folders, size
from conversation import Arrival, Conversation, Message, SilenceError, introduction
from documents import Change, Document, changes, choose
from signatures import Helper, changes_of, most_imported

SIZES = (1000, 5000)
OPTIONS = {"settings": {"lint": {"select": ["ASYNC"]}}}
"""For ruff: the family of rules that is about the event loop."""
PATIENCE = 5.0
"""Seconds to wait for diagnostics before asking for an answer instead."""
INDEXING = 300.0


class Typing(NamedTuple):
    """What came of typing in one document."""

    document: Document
    what: str
    """The file, and the function where only its signature is edited."""
    opened: float
    """Seconds from opening it to its first diagnostics."""
    settled: float
    """Seconds from opening it until the whole project was known, where the server tells."""
    delays: Sequence[float]
    """Seconds of every keystroke."""
    cpu: float | None
    """CPU seconds of the server for all of them: a busy machine changes it least."""
    unpublished: int
    """Keystrokes after which only the barrier request answered."""
    findings: int
    is_restored: bool


class Session(NamedTuple):
    """One server's figures."""

    name: str
    initialize: float
    typings: Sequence[Typing]
    resident: float | None
    peak: float | None


def main() -> int:
    """Measure and print; the exit code is 1 where diagnostics were not restored."""
    options = _options()
    folder = folders([options.application], options)[options.application]
    documents = [choose(folder, lines, options.places, options.seed) for lines in options.lines]
    helper = most_imported(folder)
    print(_heading(options, folder), flush=True)
    commands = [f"{shlex.quote(sys.executable)} -m unlag server", *options.peer]
    sessions = []
    for command in commands:
        try:
            sessions.append(_session(command, folder, documents, helper, options))
        except (SilenceError, OSError) as trouble:
            print(f"{command}: not measured. {trouble}.")
    print(f"Load average after: {_load()}\n")
    for line in table(sessions):
        print(line)
    is_restored = all(typing.is_restored for item in sessions for typing in item.typings)
    return 0 if is_restored and len(sessions) == len(commands) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("application", nargs="?", default="zenml", metavar="APPLICATION")
    parser.add_argument("--lines", type=int, nargs="+", default=SIZES, help="sizes of the files")
    parser.add_argument("--places", type=int, default=5, help="where to type, in each file")
    parser.add_argument("--signatures", type=int, default=20, help="times a signature is edited")
    parser.add_argument("--pause", type=float, default=0.03, help="seconds between keystrokes")
    parser.add_argument("--peer", action="append", default=[], metavar="COMMAND")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


def _heading(options: argparse.Namespace, folder: Path) -> str:
    command = shlex.join(["python", *sys.argv])
    files, lines = size(folder)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    what = f"{options.application}: {files:,} files, {lines:,} lines"
    return f"    {command}\n\n{machine}. {what}.\nLoad average before: {_load()}"


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


# -- one server


def _session(
    command: str,
    folder: Path,
    documents: Sequence[Document],
    helper: Helper | None,
    options: argparse.Namespace,
) -> Session:
    words = shlex.split(command)
    paths = os.pathsep.join([str(SERVER), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory() as log:
        talk = Conversation(words, folder, {"PYTHONPATH": paths}, Path(log) / "log")
        try:
            answered = talk.request(
                "initialize", introduction(folder, initializationOptions=OPTIONS)
            )
            talk.notify("initialized", {})
            typings = [
                _typing(talk, document, document.path.name, changes(document), options.pause)
                for document in documents
            ]
            if helper is not None:
                signed = Document(helper.path, helper.uri, helper.text, ())
                what = f"{helper.path.name}: `{helper.name}`, imported by {helper.importers} files"
                made = changes_of(helper, options.signatures)
                typings.append(_typing(talk, signed, what, made, options.pause))
            resident, peak = talk.memory("VmRSS"), talk.memory("VmHWM")
            talk.leave()
        finally:
            talk.kill()
    name = " ".join([os.path.basename(words[0]), *words[1:]])
    return Session(name, answered.at - talk.started, typings, resident, peak)


def _typing(
    talk: Conversation, document: Document, what: str, typed_in: Iterable[Change], pause: float
) -> Typing:
    """Open a document, make every change, and compare what is said in the end."""
    item = {"uri": document.uri, "languageId": "python", "version": 1, "text": document.text}
    sent = talk.notify("textDocument/didOpen", {"textDocument": item})
    opened = talk.until(_publishes(document, 1), INDEXING)
    settled = talk.settle(INDEXING)
    # what is said while the project is read speaks of less than all of it: what counts is said now
    identifier = {"uri": document.uri, "version": 2}
    same = {"textDocument": identifier, "contentChanges": [{"text": document.text}]}
    talk.notify("textDocument/didChange", same)
    first = talk.until(_publishes(document, 2), INDEXING)
    version, unpublished, delays, last = 2, 0, [], first
    used = talk.cpu()
    for change in typed_in:
        time.sleep(pause)
        version += 1
        identifier = {"uri": document.uri, "version": version}
        params = {"textDocument": identifier, "contentChanges": [change]}
        typed = talk.notify("textDocument/didChange", params)
        try:
            last = talk.until(_publishes(document, version), PATIENCE)
            delays.append(last.at - typed)
        except SilenceError:
            unpublished += 1
            delays.append(_barrier(talk, document).at - typed)
    findings, before = _diagnostics(last), _diagnostics(first)
    is_restored = findings == before
    after = talk.cpu()
    cpu = after - used if after is not None and used is not None else None
    times = (opened.at - sent, settled - sent)
    return Typing(document, what, *times, delays, cpu, unpublished, len(before), is_restored)


def _publishes(document: Document, version: int) -> Any:
    def is_it(message: Message) -> bool:
        params = message.get("params")
        return (
            message.get("method") == "textDocument/publishDiagnostics"
            and isinstance(params, dict)
            and params["uri"] == document.uri
            and params.get("version") == version
        )

    return is_it


def _barrier(talk: Conversation, document: Document) -> Arrival:
    """A hover on the first line: what was sent before it has been worked on when it answers."""
    place = {"line": 0, "character": 0}
    params = {"textDocument": {"uri": document.uri}, "position": place}
    return talk.request("textDocument/hover", params)


def _diagnostics(arrival: Arrival) -> list[tuple[Any, str]]:
    return [(item["range"], item["message"]) for item in arrival.message["params"]["diagnostics"]]


# -- presenting


def table(sessions: Iterable[Session]) -> Iterator[str]:
    """The figures as two Markdown tables: each file's keystrokes, each server's start and memory."""
    yield (
        "| server | file | lines | diagnostics | keystrokes "
        "| median ms | p95 ms | max ms | CPU ms each |"
    )
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    sessions = list(sessions)
    for session in sessions:
        for typing in session.typings:
            yield _row(session, typing)
    yield ""
    yield (
        "| server | start to initialize, s | opened to diagnostics, s | to all known, s "
        "| RSS MiB | peak MiB |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for session in sessions:
        opened = ", then ".join(f"{typing.opened:.2f}" for typing in session.typings)
        settled = f"{session.typings[0].settled:.2f}"
        memory = [f"{value:.0f}" if value else "" for value in (session.resident, session.peak)]
        yield f"| {session.name} | {session.initialize:.2f} | {opened} | {settled} | {' | '.join(memory)} |"
    yield ""
    for session in sessions:
        for typing in session.typings:
            yield from _remarks(session, typing)


def _row(session: Session, typing: Typing) -> str:
    delays = sorted(1000 * delay for delay in typing.delays)
    p95 = delays[round(0.95 * (len(delays) - 1))]
    document = typing.document
    figures = [f"{value:.1f}" for value in (median(delays), p95, delays[-1])]
    figures.append(f"{1000 * typing.cpu / len(delays):.1f}" if typing.cpu is not None else "")
    cells = [session.name, typing.what, f"{document.lines:,}", str(typing.findings)]
    return f"| {' | '.join([*cells, str(len(delays)), *figures])} |"


def _remarks(session: Session, typing: Typing) -> Iterator[str]:
    name = f"{session.name}, {typing.document.path}"
    if typing.unpublished:
        count = f"{typing.unpublished} of {len(typing.delays)}"
        yield f"- {name}: {count} keystrokes published nothing within {PATIENCE:.0f} s."
    if not typing.is_restored:
        yield f"- {name}: the diagnostics of the restored text are not those of the first."


if __name__ == "__main__":
    sys.exit(main())
