"""Edits an application at random and compares what is known of it with a run from scratch.

    python tests/corpus/edits.py [APPLICATION] [--edits N] [--every N] [--seed N] [--files SHARE] [--resume]
        [--sources DIR]

Everything counts, not findings alone: where functions run, what they reach, what they lead to, routes.
Prints each difference; the exit code is 1 if there was one. Files left broken keep what was known of
them, which a fresh run cannot know: they are mended before each comparison. With `--resume` the state is kept before
the last edit of every ten, and a new workspace goes on from there, as a server that is started again.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
sys.path.insert(0, str(Path(__file__).parents[2] / "server"))
from applications import add_options, folders

from unlag.config import Config
from unlag.known_state import KnownState, Then
from unlag.project.graph import CATEGORIES
from unlag.source.parse import Parsed, parse
from unlag.workspace import Change, Workspace

Kind = Callable[[list[str], int, int], None]
_MOST_SHOWN = 20
_OFTEN = 10


def parses(text: str) -> bool:
    """Whether Python reads a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


# -- what people do to the lines of a file; each does something at a line, and something else by the amount


def typed(lines: list[str], line: int, amount: int) -> None:
    """One character."""
    where = amount % (len(lines[line]) + 1)
    lines[line] = lines[line][:where] + "ax_ (.):'"[amount % 9] + lines[line][where:]


def deleted(lines: list[str], line: int, amount: int) -> None:
    """Some lines go."""
    del lines[line : line + 1 + amount % 6]


def pasted(lines: list[str], line: int, amount: int) -> None:
    """Lines from elsewhere in the file."""
    start = amount % len(lines)
    lines[line:line] = lines[start : start + 1 + amount % 12]


def moved(lines: list[str], line: int, amount: int) -> None:
    """Lines go elsewhere in the file."""
    block = lines[line : line + 1 + amount % 12]
    del lines[line : line + 1 + amount % 12]
    lines[amount % (len(lines) + 1) : 0] = block


def recoloured(lines: list[str], line: int, amount: int) -> None:
    """The next `def` becomes `async def`, or the other way round."""
    for index in range(line, len(lines)):
        if "async def " in lines[index]:
            lines[index] = lines[index].replace("async def ", "def ", 1)
            return
        if "def " in lines[index]:
            lines[index] = lines[index].replace("def ", "async def ", 1)
            return


def renamed(lines: list[str], line: int, amount: int) -> None:
    """The next function gets another name, and nobody who calls it knows."""
    for index in range(line, len(lines)):
        head, found, tail = lines[index].partition("def ")
        if found:
            lines[index] = f"{head}def renamed_{amount % 3}_{tail}"
            return


def slowed(lines: list[str], line: int, amount: int) -> None:
    """The next function with a body of its own starts to block, or hands something to a thread."""
    new = ("__import__('time').sleep(1)", "import time; time.sleep(1)", "open('x').read()")[
        amount % 3
    ]
    for index in range(line, len(lines) - 1):
        body = lines[index + 1]
        if "def " in lines[index] and lines[index].rstrip().endswith(":") and body.strip():
            indent = body[: len(body) - len(body.lstrip())]
            lines.insert(index + 1, indent + new)
            return


KINDS: tuple[Kind, ...] = (typed, deleted, pasted, moved, recoloured, renamed, slowed)


# -- what people do to files; each names a place for a file, by where another one is


def beside(path: str, amount: int) -> str:
    """A copy in the same folder."""
    return f"{path.removesuffix('.py')}_{amount % 3}.py"


def as_package(path: str, amount: int) -> str:
    """A package of the module's name, or a module of the package's name: they shadow each other."""
    if path.endswith("/__init__.py"):
        return f"{path.removesuffix('/__init__.py')}.py"
    return f"{path.removesuffix('.py')}/__init__.py"


def inside(path: str, amount: int) -> str:
    """In a folder of its own, or where the folder becomes a package."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/inner_{amount % 3}/{name}" if amount % 2 else f"{folder}/__init__.py"


def further_out(path: str, amount: int) -> str:
    """In the folder around the file's own: where others look for it first, or last."""
    folder, _, name = path.rpartition("/")
    return f"{folder.rpartition('/')[0]}/{name}"


Mover = Callable[[str, int], str]
MOVERS: tuple[Mover, ...] = (beside, as_package, inside, further_out)


def moves(texts: Mapping[str, str], path: str, mover: Mover, amount: int) -> dict[str, str | None]:
    """The texts that are others once a file is copied, or moved, to another place; None for what goes."""
    found: dict[str, str | None] = {mover(path, amount): texts[path]}
    if amount % 5 < 3:
        found.setdefault(path, None)
    return found


# -- two workspaces compared


def edited(
    texts: dict[str, str], sound: dict[str, str], edit: tuple[str, Kind | Mover | None, int, int]
) -> dict[str, str | None]:
    """Edit one of `texts`, or let it come, go or move; gives those that are others now.

    `sound` has every path there ever was, with a text for it that parses.
    """
    path, kind, line, amount = edit
    python = sorted(path for path in sound if path.endswith(".py"))
    path = python[line % len(python)] if amount % 2 else path  # a new one, too
    if kind is None and path in texts:  # the file goes
        changed: dict[str, str | None] = {path: None}
    elif path in texts and kind in MOVERS:
        changed = moves(texts, path, kind, amount)
    else:
        lines = texts.get(path, sound[path]).split("\n")
        if kind in KINDS:
            kind(lines, line % len(lines), amount)
        changed = {path: "\n".join(lines)}
    for changed_path, text in changed.items():
        if text is None:
            texts.pop(changed_path, None)
        else:
            texts[changed_path] = text
            sound.setdefault(changed_path, sound[path])
    return changed


def knowledge_of(workspace: Workspace) -> dict[str, Mapping[str, Any]]:
    """Everything that edits are to keep in step, by name of the matter."""
    index = workspace.index
    graph = index.graph
    links = dict(index.links)
    known: dict[str, Mapping[str, Any]] = {
        "links": {
            name: (item.edges, item.hazards, item.callees, item.registrations)
            for name, item in links.items()
        },
        "contexts": {name: graph.contexts_of(name) for name in links},
        "routes": dict(index.routes.by_function),
        "callers": {name: index.callers_of(name) for name in links},
        "entries": {name: index.entry_points(name) for name in links if graph.serves(name)},
    }
    for category in CATEGORIES:
        known[f"reach {category}"] = dict(graph.reaches[category])
    return known


def differences(edited: Workspace, fresh: Workspace) -> Iterator[str]:
    """In what an edited workspace differs from one that saw the same texts for the first time."""
    before, after = knowledge_of(edited), knowledge_of(fresh)
    before["findings"] = edited.apply([]).findings
    after["findings"] = fresh.apply([]).findings
    for matter, known in before.items():
        for key in sorted(known.keys() | after[matter].keys()):
            if known.get(key) != after[matter].get(key):
                yield f"{matter} of {key}: {known.get(key)!r} and not {after[matter].get(key)!r}"


class Editing:
    """One application, edited at random."""

    def __init__(self, folder: Path, seed: int, share: float) -> None:
        """`share` of the edits are of files and not of their lines."""
        self._share = share
        self._chance = random.Random(seed)
        self._root = str(folder)
        self._state = KnownState(self._root)
        self._original = {
            str(path): path.read_text("utf-8", "replace") for path in sorted(folder.rglob("*.py"))
        }
        self._texts = dict(self._original)
        self.workspace = self._opened()

    def _opened(self) -> Workspace:
        workspace = Workspace((self._root,), Config(), text_of=dict(self._texts).get)
        workspace.apply(Change(path, text) for path, text in self._texts.items())
        return workspace

    def edit(self) -> None:
        """One edit; now and then of files: one goes, comes back, is copied or is moved."""
        path, amount = self._chance.choice(sorted(self._original)), self._chance.randrange(10_000)
        text = self._texts.get(path)
        if text is None:
            self._apply({path: self._original[path]})
        elif self._chance.random() < self._share / 3:
            self._apply({path: None})
        elif self._chance.random() < self._share:
            moved = moves(self._texts, path, self._chance.choice(MOVERS), amount)
            if all(new.startswith(self._root) for new in moved):
                self._apply(moved)
        else:
            lines = text.split("\n")
            kind = self._chance.choice(KINDS)
            kind(lines, self._chance.randrange(len(lines)), amount)
            self._apply({path: "\n".join(lines)})

    def _apply(self, texts: Mapping[str, str | None]) -> None:
        for path, text in texts.items():
            if text is None:
                self._texts.pop(path, None)
            else:
                self._texts[path] = text
                self._original.setdefault(path, self._original.get(path, text))
        self.workspace.apply([Change(path, text) for path, text in texts.items()])

    def resume(self) -> None:
        """Keep what is known, edit something, and go on from what was kept."""
        texts, stored = dict(self._texts), self.workspace.stored()
        if stored is None:
            raise ValueError("The state cannot be kept.")
        tables = self.workspace.index.own_tables()
        for _ in self._state.keeping(stored, Then({}, {}), tables):
            pass
        self.edit()
        state = self._state.load()
        if state is None:
            raise ValueError("The state was not kept.")
        parsed = {
            path: Parsed(state.edited[path], (), None) if path in state.edited else parse(text)
            for path, text in texts.items()
        }
        now = self._texts
        self.workspace = Workspace((self._root,), Config(), text_of=now.get)
        if not self.workspace.restore(parsed, lambda tables: state.read(tables, lambda: None)):
            raise ValueError("The state cannot be gone on from.")
        self.workspace.apply(
            Change(path, now.get(path), parse(now[path]) if path in now else None)
            for path in sorted(texts.keys() | now.keys())
            if path in state.edited or texts.get(path) != now.get(path)
        )

    def compare(self) -> Iterator[str]:
        """Mend what does not parse, and compare with a workspace that has seen nothing else."""
        for path, text in list(self._texts.items()):
            if not parses(text):
                self._apply({path: self._original[path] if parses(self._original[path]) else ""})
        return differences(self.workspace, self._opened())


def main() -> int:
    """Edit and compare; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("application", nargs="?", default="open_webui", metavar="APPLICATION")
    parser.add_argument("--edits", type=int, default=5000)
    parser.add_argument("--every", type=int, default=100, help="edits between two comparisons")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from a kept state at times")
    parser.add_argument("--files", type=float, default=0.02, help="share of edits that move files")
    add_options(parser)
    options = parser.parse_args()
    folder = folders([options.application], options)[options.application]
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        return _edit(Editing(folder, options.seed, options.files), options)


def _edit(editing: Editing, options: argparse.Namespace) -> int:
    count, used = 0, 0.0
    for number in range(1, options.edits + 1):
        start = time.process_time()
        if options.resume and number % _OFTEN == 0:
            editing.resume()
        else:
            editing.edit()
        used += time.process_time() - start
        if number % options.every == 0 or number == options.edits:
            for difference in editing.compare():
                count += 1
                if count <= _MOST_SHOWN:
                    print(f"after {number} edits: {difference}"[:1000], flush=True)
    milliseconds = 1000 * used / options.edits
    print(f"{options.edits} edits, {count} differences, {milliseconds:.1f} ms of CPU an edit")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
