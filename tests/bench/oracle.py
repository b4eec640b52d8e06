"""What jedi adds on a real application with all it depends on installed: prints one row.

    python tests/bench/oracle.py prefect --environment DIR [--sources DIR]

DIR is a virtual environment that holds the application's dependencies. Asks about every call on the event loop
that the project's text leaves open and whose name could block, and counts the findings that come of the answers.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from applications import SERVER, add_options, folders, size

sys.path.insert(0, str(SERVER))
from unlag import environment
from unlag.config import Config
from unlag.lsp.oracle.asking import Oracle, Surroundings
from unlag.lsp.oracle.questions import Questions
from unlag.project.hints import Hint
from unlag.snapshot import Snapshot
from unlag.workspace import Change, Workspace


def main() -> None:
    """Ask and print."""
    options = _options()
    folder = folders([options.application], options)[options.application]
    root = str(folder)
    workspace = Workspace((root,), Config(root=root))
    texts = {str(path): path.read_text("utf-8", "replace") for path in folder.rglob("*.py")}
    before = workspace.apply(Change(path, text) for path, text in sorted(texts.items()))
    questions = Questions()
    asked = questions.of(workspace.index)
    packages = environment.packages(options.environment)
    oracle = Oracle(Surroundings(root, (root, os.path.dirname(root)), packages))
    hints: dict[str, Hint] = {}
    for item in asked:
        hints.update(questions.settle(item, oracle.ask(item.question)))
    oracle.close()
    after = workspace.hint(hints)
    names = sum(len(hint.names) for hint in hints.values())
    print("| application | lines | asked | named | too slow | seconds | findings | with jedi |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    cells = [options.application, f"{size(folder)[1]:,}", oracle.asked, names, oracle.stumbled]
    cells += [f"{oracle.seconds:.0f}", _count(before), _count(after)]
    print(f"| {' | '.join(map(str, cells))} |")


def _count(snapshot: Snapshot) -> int:
    return sum(len(items) for items in snapshot.findings.values())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("application", metavar="APPLICATION")
    parser.add_argument("--environment", required=True, metavar="DIR")
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
