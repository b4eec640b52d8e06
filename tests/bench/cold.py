"""What a check of whole applications costs, cold and warm, ours and other tools', from one run: prints a table.

    python tests/bench/cold.py [APPLICATION ...] [--tools NAME ...] [--sources DIR] [--prototype DIR]

The runs come in random order; a cell is the median of its runs. One that took long is not repeated.
Judges nothing: no figure makes it fail.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from applications import add_options, folders, size
from children import Command, Cost, floor, last_error, run
from contenders import NAMES, Absent, Tool, prepared

DEFAULT = ("open_webui", "prefect", "zenml", "litellm")
LONG = 30.0
"""CPU seconds after which one run of a tool on an application is enough."""

Costs = dict[tuple[str, str], list[Cost]]


def main() -> None:
    """Measure and print."""
    options = _options()
    asked = options.applications or DEFAULT
    where = folders(asked, options)
    sizes = {name: size(folder) for name, folder in where.items()}  # and warms the file cache
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        ready = list(
            prepared(
                frozenset(options.tools), Path(work), options.prototype, force=options.force_python
            )
        )
        tools = [item for item in ready if isinstance(item, Tool)]
        absent = [item for item in ready if isinstance(item, Absent)]
        print(_heading(options), flush=True)
        lowest = floor()
        costs = _measured(tools, where, Path(work), options)
        print(f"Load average after: {_load()}\n")
        for line in table(tools, sizes, costs, Path(work), lowest):
            print(line)
        for line in _remarks(tools, absent):
            print(line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", metavar="APPLICATION")
    parser.add_argument("--tools", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    parser.add_argument("--prototype", type=Path, metavar="DIR", help="folder of its cold.py")
    parser.add_argument("--work", type=Path, metavar="DIR", help="environments are made below it")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--limit", type=int, default=300, metavar="CPU_SECONDS")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--force-python",
        action="store_true",
        help="install tools that want another Python all the same",
    )
    add_options(parser)
    return parser.parse_args()


def _heading(options: argparse.Namespace) -> str:
    command = shlex.join(["python", *sys.argv])
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    order = f"up to {options.repeat} runs in random order (seed {options.seed})"
    return f"    {command}\n\n{machine}; {order}.\nLoad average before: {_load()}"


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


# -- measuring


def _measured(
    tools: Sequence[Tool], where: dict[str, Path], work: Path, options: argparse.Namespace
) -> Costs:
    """Every run of every tool on every application."""
    runs = [(tool, name) for tool in tools for name in where for _ in range(options.repeat)]
    random.Random(options.seed).shuffle(runs)
    costs: Costs = {}
    for number, (tool, name) in enumerate(runs, 1):
        print(f"{number} of {len(runs)}: {tool.name} on {name}", file=sys.stderr)
        known = costs.setdefault((tool.name, name), [])
        if any(cost.cpu > LONG for cost in known):
            continue
        command = Command(tool.words, where[name], tool.environment)
        if tool.is_warm and not known:
            run(command, _output(work, tool, name), options.limit)
        known.append(run(command, _output(work, tool, name), options.limit))
    return costs


def _output(work: Path, tool: Tool, application: str) -> Path:
    return work / f"{tool.name}-{application}.out"


# -- presenting


def table(
    tools: Sequence[Tool],
    sizes: dict[str, tuple[int, int]],
    costs: Costs,
    work: Path,
    lowest: float,
) -> Iterator[str]:
    """The figures as a Markdown table, a row for each tool on each application."""
    yield "| application | tool | CPU s | wall s | peak MiB | findings | CPU, unlag = 1 | runs |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, (files, lines) in sizes.items():
        ours = [cost.cpu for cost in costs.get(("unlag", name), [])]
        title = f"{name}: {files:,} files, {lines:,} lines"
        for tool in tools:
            runs = costs[tool.name, name]
            cells = [title, tool.name, *_figures(runs, lowest)]
            cells += [_findings(tool, runs[-1], _output(work, tool, name))]
            cells += [f"{median(_cpu(runs)) / median(ours):.2f}" if ours else "", str(len(runs))]
            yield f"| {' | '.join(cells)} |"
            title = ""


def _cpu(runs: Iterable[Cost]) -> list[float]:
    return [cost.cpu for cost in runs]


def _figures(runs: Sequence[Cost], lowest: float) -> list[str]:
    peak = median(cost.peak for cost in runs)
    shown = f"{peak:.0f}" if peak > lowest + 1 else f"under {lowest:.0f}"
    wall = median(cost.wall for cost in runs)
    return [f"{median(_cpu(runs)):.2f}", f"{wall:.2f}", shown]


def _findings(tool: Tool, last: Cost, output: Path) -> str:
    # read only now: a big report would raise the least peak that later children can show
    try:
        return tool.count(output.read_text("utf-8"))
    except (ValueError, KeyError, TypeError):
        if last.code < 0:
            return f"ended by {signal.Signals(-last.code).name} after {last.cpu:.0f} CPU s"
        return f"none: ended with {last.code}, {last_error(output)}"


def _remarks(tools: Sequence[Tool], absent: Sequence[Absent]) -> Iterator[str]:
    yield ""
    for tool in tools:
        said = ", ".join(part for part in (tool.version, tool.remark) if part)
        command = " ".join([os.path.basename(tool.words[0]), *tool.words[1:]])
        yield f"- {tool.name}{f' ({said})' if said else ''}: `{command}`"
    for item in absent:
        yield f"- {item.name}: not measured. {item.reason.rstrip('.')}."


if __name__ == "__main__":
    main()
