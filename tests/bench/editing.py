"""An hour of somebody editing, in a real server on a copy of a real application: prints memory by the minute.

    python tests/bench/editing.py [APPLICATION] [--sources DIR] [--minutes 60] [--pause 0.15] [--seed 1]

Types and deletes statements, pastes and cuts functions, saves, opens and closes files, switches many files at
once, and asks for hovers, lenses and actions all the while. Fails where a request stays unanswered, the log
holds an error, diagnostics of restored texts are not what they were, or memory grows by more than a tenth
after the first sixth of the time.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from applications import SERVER, add_options, folders
from conversation import Arrival, Conversation, Message, SilenceError, introduction
from documents import Document, changes, choose

ANSWERED_WITHIN = 60.0
GROWTH = 1.1
CAPABILITIES = {
    "textDocument": {"publishDiagnostics": {"versionSupport": True}},
    "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}},
}
SIZES = (300, 600, 1000, 2000)
PASTED = (
    '\n\nasync def pasted_{0}(path):\n    import time\n    time.sleep(1)\n    return path + "{0}"\n'
)


class Minute(NamedTuple):
    """What the server held at the end of a minute, and how long answers took in it."""

    number: int
    resident: float
    answers: int
    slowest: float


class Editor:
    """One person with some files open."""

    def __init__(
        self, talk: Conversation, documents: Sequence[Document], seed: int, pause: float
    ) -> None:
        self._talk = talk
        self._pause = pause
        self._documents = documents
        self._random = random.Random(seed)
        self._versions = {document.uri: 0 for document in documents}
        self.delays: list[float] = []

    def open(self, document: Document) -> None:
        """Open a file as it was."""
        version = self._versions[document.uri] = self._versions[document.uri] + 1
        item = {"uri": document.uri, "languageId": "python", "version": version}
        self._talk.notify("textDocument/didOpen", {"textDocument": {**item, "text": document.text}})

    def acts(self) -> Iterator[Callable[[], None]]:
        """What the person does next, for ever; every text is as it was between any two acts."""
        choices = [self._type, self._type, self._type, self._paste, self._save, self._reopen]
        while True:
            document = self._random.choice(self._documents)
            act = self._random.choice([*choices, self._switch])
            yield lambda act=act, document=document: act(document)  # type: ignore[misc] # bound now

    def ask(self, document: Document, method: str = "textDocument/hover") -> Arrival:
        """Ask about a random place; the answer shows that all before it was worked on."""
        line = self._random.randrange(max(document.lines, 1))
        params: dict[str, Any] = {"textDocument": {"uri": document.uri}}
        place = {"line": line, "character": 4}
        if method == "textDocument/hover":
            params["position"] = place
        elif method == "textDocument/codeAction":
            params.update(range={"start": place, "end": place}, context={"diagnostics": []})
        started = time.perf_counter()
        answer = self._talk.request(method, params, ANSWERED_WITHIN)
        if "error" in answer.message:
            raise SilenceError(f"{method} was answered with {answer.message['error']}")
        self.delays.append(answer.at - started)
        return answer

    def change(self, document: Document, change: dict[str, Any]) -> int:
        """Send one change; gives the version it makes."""
        version = self._versions[document.uri] = self._versions[document.uri] + 1
        identifier = {"uri": document.uri, "version": version}
        params = {"textDocument": identifier, "contentChanges": [change]}
        self._talk.notify("textDocument/didChange", params)
        return version

    def _type(self, document: Document) -> None:
        one = document._replace(places=[self._random.choice(document.places)])
        for change in changes(one):
            self.change(document, change)
            time.sleep(self._pause)
        self.ask(document, self._random.choice(["textDocument/hover", "textDocument/codeAction"]))

    def _paste(self, document: Document) -> None:
        text = document.text + PASTED.format(self._random.randrange(10**6))
        self.change(document, {"text": text})
        self.ask(document, "textDocument/codeLens")
        self.change(document, {"text": document.text})
        self.ask(document)

    def _save(self, document: Document) -> None:
        document.path.write_text(document.text, "utf-8")
        self._talk.notify("textDocument/didSave", {"textDocument": {"uri": document.uri}})
        self._tell([(document.path, 2)])
        self.ask(document)

    def _reopen(self, document: Document) -> None:
        self._talk.notify("textDocument/didClose", {"textDocument": {"uri": document.uri}})
        self.open(document)
        self.ask(document)

    def _switch(self, document: Document) -> None:
        """A branch without this folder's neighbours, and back."""
        folder = document.path.parent
        files = [path for path in folder.glob("*.py") if path != document.path][:20]
        texts = {path: path.read_bytes() for path in files}
        for path in files:
            path.unlink()
        self._tell([(path, 3) for path in files])
        self.ask(document)
        for path, text in texts.items():
            path.write_bytes(text)
        self._tell([(path, 1) for path in files])
        self.ask(document)

    def _tell(self, events: Sequence[tuple[Path, int]]) -> None:
        said = [{"uri": path.as_uri(), "type": kind} for path, kind in events]
        self._talk.notify("workspace/didChangeWatchedFiles", {"changes": said})


def main() -> int:
    """Edit for as long as asked and print; the exit code is 1 where anything was wrong."""
    options = _options()
    source = folders([options.application], options)[options.application]
    with tempfile.TemporaryDirectory() as working:
        folder = Path(working) / options.application
        shutil.copytree(source, folder)
        documents = [choose(folder, lines, 5, options.seed) for lines in SIZES]
        faults = _session(folder, documents, options, Path(working) / "log")
    for fault in faults:
        print(f"- {fault}")
    print("Nothing was wrong." if not faults else f"{len(faults)} things were wrong.")
    return 1 if faults else 0


def _session(
    folder: Path, documents: Sequence[Document], options: argparse.Namespace, log: Path
) -> list[str]:
    command = [sys.executable, "-m", "unlag", "server"]
    talk = Conversation(command, folder, {"PYTHONPATH": str(SERVER)}, log)
    editor = Editor(talk, documents, options.seed, options.pause)
    faults: list[str] = []
    minutes: list[Minute] = []
    try:
        talk.request("initialize", introduction(folder, capabilities=CAPABILITIES))
        talk.notify("initialized", {})
        first = [_settled(talk, editor, document) for document in documents]
        minutes = list(_minutes(talk, editor, options.minutes))
        last = [_settled(talk, editor, document, close=True) for document in documents]
        if last != first:
            faults.append("the diagnostics of restored texts are not those of the first")
        talk.leave()
    except SilenceError as trouble:
        faults.append(str(trouble))
    finally:
        talk.kill()
    faults += [line for line in log.read_text("utf-8", "replace").splitlines() if _is_fault(line)]
    return faults + _growth(minutes)


def _minutes(talk: Conversation, editor: Editor, count: int) -> Iterator[Minute]:
    print(
        "| minute | RSS MiB | answers | median ms | slowest ms |\n| ---: | ---: | ---: | ---: | ---: |"
    )
    acts = editor.acts()
    for number in range(1, count + 1):
        until = time.perf_counter() + 60
        editor.delays.clear()
        while time.perf_counter() < until:
            next(acts)()
        delays = [1000 * delay for delay in editor.delays]
        minute = Minute(number, talk.memory("VmRSS") or 0.0, len(delays), max(delays))
        figures = (
            f"{minute.resident:.0f} | {len(delays)} | {median(delays):.0f} | {max(delays):.0f}"
        )
        print(f"| {number} | {figures} |", flush=True)
        yield minute


def _settled(
    talk: Conversation, editor: Editor, document: Document, *, close: bool = False
) -> list[tuple[Any, str]]:
    """The diagnostics of a document that is opened now, with the whole project known."""
    if close:
        talk.notify("textDocument/didClose", {"textDocument": {"uri": document.uri}})
    editor.open(document)
    editor.ask(document)
    talk.settle()
    return _published(talk, editor, document)


def _published(talk: Conversation, editor: Editor, document: Document) -> list[tuple[Any, str]]:
    """What is published for the text typed at and restored, once the project is indexed."""
    version = editor.change(document, {"text": document.text})

    def is_it(message: Message) -> bool:
        said = message.get("params")
        return (
            message.get("method") == "textDocument/publishDiagnostics"
            and isinstance(said, dict)
            and said["uri"] == document.uri
            and said.get("version") == version
        )

    items = talk.until(is_it, 300).message["params"]["diagnostics"]
    return [(item["range"], item["message"]) for item in items]


def _is_fault(line: str) -> bool:
    return " error: " in line or "Traceback" in line


def _growth(minutes: Sequence[Minute]) -> list[str]:
    if len(minutes) < 6:
        return []
    start = minutes[len(minutes) // 6].resident
    end = minutes[-1].resident
    if end <= GROWTH * start:
        return []
    return [f"memory grew from {start:.0f} to {end:.0f} MiB after the first sixth of the time"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("application", nargs="?", default="zenml", metavar="APPLICATION")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--pause", type=float, default=0.15, help="seconds between keystrokes")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
