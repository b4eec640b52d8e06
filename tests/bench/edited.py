"""What `unlag check` costs after an edit, next to the same check from nothing: prints a table.

    python tests/bench/edited.py [APPLICATION ...] [--sources DIR] [--repeat N] [--edited N...]

Works on a copy, with a cache of its own that two checks have filled. Before each check a function is added to some
files. The same check with `--no-cache` follows, and has to print the same: a difference makes it fail.
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
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from applications import SERVER, add_options, folders, size
from children import Command, Cost, last_error, run

EDITED = (1, 10)
"""How many files are edited between two checks."""
ADDED = "\n\ndef added_here(number: int) -> int:\n    return number + {}\n"
LIMIT = 600
CHECK = ("-m", "unlag", "check", "--exit-zero", "--output-format", "json")


class Pair(NamedTuple):
    """A check after an edit, and one of the same files from nothing."""

    edited: int
    after: Cost
    fresh: Cost


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", metavar="APPLICATION")
    parser.add_argument("--repeat", type=int, default=3, help="checks after each number of edits")
    parser.add_argument("--edited", type=int, nargs="*", default=EDITED, help="files in between")
    add_options(parser)
    options = parser.parse_args()
    print(f"    {shlex.join(['python', *sys.argv])}\n")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}. Load before: {_load()}\n")
    print("| application | lines | files edited | CPU s | wall s | from nothing: CPU s | wall s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, source in folders(options.applications or ["open_webui"], options).items():
        _, lines = size(source)
        with tempfile.TemporaryDirectory() as working:
            folder = Path(working) / name
            shutil.copytree(source, folder)
            pairs = list(_pairs(folder, Path(working), options))
        for count in options.edited:
            print(_row(name, lines, [pair for pair in pairs if pair.edited == count]), flush=True)
    print(f"\nLoad average after: {_load()}")
    return 0


def _pairs(folder: Path, working: Path, options: argparse.Namespace) -> Iterator[Pair]:
    files = sorted(folder.rglob("*.py"))
    chance = random.Random(1)
    for number in range(2):  # the second one keeps a state
        _edit(files, 1, number, chance)
        _check(folder, working / "first.json", working)
    for count in options.edited:
        for number in range(options.repeat):
            _edit(files, count, number, chance)
            after = _check(folder, working / "after.json", working)
            fresh = _check(folder, working / "fresh.json", working, "--no-cache")
            if (working / "after.json").read_bytes() != (working / "fresh.json").read_bytes():
                sys.exit(
                    f"{folder.name}: a check after an edit says something else than a fresh one."
                )
            yield Pair(count, after, fresh)


def _edit(files: list[Path], count: int, number: int, chance: random.Random) -> None:
    for path in chance.sample(files, min(count, len(files))):
        with open(path, "a", encoding="utf-8") as file:
            file.write(ADDED.format(number))


def _check(folder: Path, output: Path, working: Path, *more: str) -> Cost:
    environment = {"PYTHONPATH": str(SERVER), "XDG_CACHE_HOME": str(working / "cache")}
    command = Command([sys.executable, *CHECK, *more], folder, environment)
    cost = run(command, output, LIMIT)
    if cost.code:
        sys.exit(f"{folder.name}: the check failed: {last_error(output)}")
    return cost


def _row(name: str, lines: int, pairs: list[Pair]) -> str:
    costs = [(pair.after, pair.fresh) for pair in pairs]
    cpu, wall = median(after.cpu for after, _ in costs), median(after.wall for after, _ in costs)
    fresh_cpu = median(fresh.cpu for _, fresh in costs)
    fresh_wall = median(fresh.wall for _, fresh in costs)
    figures = " | ".join(f"{value:.2f}" for value in (cpu, wall, fresh_cpu, fresh_wall))
    return f"| {name} | {lines:,} | {pairs[0].edited} | {figures} |"


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())
