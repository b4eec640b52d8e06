"""What it costs when files come and go: CPU seconds to take in one file or hundreds; prints a table.

    python tests/bench/files.py [APPLICATION ...] [--sources DIR] [--seed 1]

The engine alone, in this process: what a server adds is the reading of folders.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "server"))
from applications import add_options, folders

from unlag.config import Config
from unlag.workspace import Change, Workspace

SWITCHED = 300
"""Files of a branch switch."""
CREATED = "import time\n\n\nasync def pause():\n    time.sleep(1)\n"


class Event(NamedTuple):
    """Something that happens to files."""

    name: str
    changes: Sequence[Change]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", default=["zenml"], metavar="APPLICATION")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    options = parser.parse_args()
    print("| application | what happens | files | CPU s |\n| --- | --- | ---: | ---: |")
    for name, folder in folders(options.applications, options).items():
        for event, seconds in _measured(folder, random.Random(options.seed)):
            print(f"| {name} | {event.name} | {len(event.changes)} | {seconds:.2f} |", flush=True)
    return 0


def _measured(folder: Path, chance: random.Random) -> Iterator[tuple[Event, float]]:
    texts = {
        str(path): path.read_text("utf-8", "replace").replace("\r\n", "\n")
        for path in sorted(folder.rglob("*.py"))
    }
    workspace = Workspace((str(folder),), Config(), text_of=texts.get)
    first = Event("all are read", [Change(path, text) for path, text in texts.items()])
    for event in (first, *_events(folder, texts, chance)):
        gc.disable()
        started = time.process_time()
        workspace.apply(event.changes)
        yield event, time.process_time() - started
        gc.enable()
        gc.freeze()
        for change in event.changes:
            if change.text is not None:
                texts[change.path] = change.text


def _events(folder: Path, texts: dict[str, str], chance: random.Random) -> Iterator[Event]:
    new = str(folder / "a_new_module.py")
    yield Event("a file is created", [Change(new, CREATED)])
    yield Event("it is edited", [Change(new, CREATED.replace("1", "2"))])
    moved = str(folder / "a_newer_module.py")
    yield Event("it is renamed", [Change(new, None), Change(moved, CREATED)])
    yield Event("it is deleted", [Change(moved, None)])
    chosen = sorted(chance.sample(sorted(texts), min(SWITCHED, len(texts) // 2)))
    longer = [
        Change(path, f"{texts[path]}\n\ndef added_here():\n    return 1\n") for path in chosen
    ]
    kept = {path: texts[path] for path in chosen}
    yield Event("a branch switch edits files", longer)
    yield Event("and back", [Change(path, text) for path, text in kept.items()])
    yield Event("a branch switch takes files away", [Change(path, None) for path in chosen])
    yield Event("and back", [Change(path, text) for path, text in kept.items()])


if __name__ == "__main__":
    sys.exit(main())
