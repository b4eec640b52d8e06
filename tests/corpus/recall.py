"""How much of what people found by reading real applications the command finds: prints three tables.

    python tests/corpus/recall.py [APPLICATION ...] [--sources FOLDER] [--cache FOLDER] [--all]

The first counts the endpoints of `endpoints/<application>.toml` that are listed with all their routes
and where they run, the second the boundaries there that are certain, the third what ruff's ASYNC rules
report on code that runs on the loop (`ruff-async/<application>.json`). What is missed is listed;
`--all` lists what depends on the deployment too. `--sources` names a folder of unpacked applications;
without it their wheels are downloaded into `--cache`, once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from applications import add_options, folders

HERE = Path(__file__).parent
SERVER = HERE.parent.parent / "server"
NEAR = 2
"""Lines by which a squiggle may miss a place: a call over several lines has more than one."""


NOT_SAID = {
    "abspath": "joins texts; the working folder is known to the kernel",
    "expanduser": "reads the environment variable HOME",
}
"""Last part of a callee -> why the command does not call it blocking."""


class Reported(msgspec.Struct, frozen=True):
    """One finding of the command."""

    path: str
    line: int
    end_line: int


class Place(msgspec.Struct, frozen=True):
    """Where something was found by reading."""

    path: str
    line: int
    what: str
    is_certain: bool


class Row(msgspec.Struct):
    """One line of a table."""

    application: str
    found: int = 0
    missed: list[Place] = []
    possible_found: int = 0
    possible_missed: list[Place] = []


# -- what the command says


def report_on(folder: Path) -> list[Reported]:
    """Every finding of the loop's rules in `folder`, whatever its severity."""
    rules = "LAG101,LAG102,LAG103,LAG104,LAG105,LAG604"
    options = ["--exit-zero", "--no-cache", "--select", rules]
    found = _answer(["check", ".", *options], folder)["findings"]
    return [Reported(item["path"], item["line"], item["end_line"]) for item in found]


def endpoints_in(folder: Path) -> list[dict[str, Any]]:
    """Every route the command lists."""
    found: list[dict[str, Any]] = _answer(["endpoints", "."], folder)["endpoints"]
    return found


def _answer(arguments: list[str], folder: Path) -> Any:
    command = [sys.executable, "-m", "unlag", *arguments, "--output-format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(SERVER)}
    answer = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True
    )
    return json.loads(answer.stdout)


# -- what people say


def boundaries(content: dict[str, Any]) -> Iterator[Place]:
    """Places on the loop that lead to a blocking call, each with its sink."""
    seen: set[tuple[object, ...]] = set()
    for entry in (*content.get("endpoint", ()), *content.get("dependency", ())):
        for item in entry.get("blocking", ()):
            key = (item["path"], item["line"], item["sink"])
            if key in seen or item.get("branch_not_taken") or item.get("implicit"):
                continue
            seen.add(key)
            way = " -> ".join([*item.get("chain", ()), item["sink"]])
            is_certain = item["certainty"] == "certain" and not item.get("memoised")
            yield Place(item["path"], item["line"], f"{item['text']}   ({way})", is_certain)


def loop_findings(content: list[dict[str, Any]]) -> Iterator[Place]:
    """What ruff reports on code that runs on the loop and does block."""
    for item in content:
        if item["runs"] == "loop" and item.get("blocks", True):
            reason = NOT_SAID.get(item["callee"].rpartition(".")[2], "")
            what = f"{item['code']} {item['callee']}" + (f": {reason}" if reason else "")
            yield Place(item["path"], item["line"], what, is_certain=not reason)


def compare(application: str, places: Iterator[Place], reported: list[Reported]) -> Row:
    """Which places are near a finding."""
    row = Row(application, missed=[], possible_missed=[])
    for place in places:
        is_found = any(_is_near(item, place) for item in reported)
        if place.is_certain:
            row.found += is_found
            row.missed += [] if is_found else [place]
        else:
            row.possible_found += is_found
            row.possible_missed += [] if is_found else [place]
    return row


def compare_endpoints(
    application: str, content: dict[str, Any], listed: list[dict[str, Any]]
) -> Row:
    """Which endpoints are listed with every route they have, and where they run."""
    row = Row(application, missed=[], possible_missed=[])
    for entry in content["endpoint"]:
        name = entry["function"].rpartition(".")[2]
        same = [
            item
            for item in listed
            if item["path"] == entry["path"] and item["function"].rpartition(".")[2] == name
        ]
        routes = {
            f"{method} {item['route']}" for item in same for method in item["method"].split("/")
        }
        wanted = {
            f"{method} {route.partition(' /')[2]}"
            for route in entry["route"]
            for method in route.partition(" /")[0].split(", ")
        }
        routes = {f"{route.partition(' /')[0]} {route.partition(' /')[2]}" for route in routes}
        runs = {item["runs"] for item in same}
        if wanted <= routes and runs == {entry["runs"]}:
            row.found += 1
        else:
            what = f"{', '.join(entry['route'])} on {entry['runs']}; listed: {sorted(routes)}"
            row.missed.append(Place(entry["path"], entry["line"], what, is_certain=True))
    return row


def _is_near(item: Reported, place: Place) -> bool:
    return item.path == place.path and item.line - NEAR <= place.line <= item.end_line + NEAR


# -- the tables


def print_table(title: str, rows: list[Row], other: str) -> None:
    print(f"\n{title}")
    print(f"{'':16}{'certain':>10}{'found':>8}{'missed':>8}{other:>12}{'found':>8}")
    total = Row("all", missed=[], possible_missed=[])
    for row in rows:
        total.found += row.found
        total.missed += row.missed
        total.possible_found += row.possible_found
        total.possible_missed += row.possible_missed
    for row in (*rows, total):
        missed = len(row.missed)
        possible = row.possible_found + len(row.possible_missed)
        counts = f"{row.found + missed:10}{row.found:8}{missed:8}"
        print(f"{row.application:16}{counts}{possible:12}{row.possible_found:8}")


def print_missed(title: str, rows: list[Row], other: str, *, with_possible: bool) -> None:
    for row in rows:
        missed = [*row.missed, *(row.possible_missed if with_possible else ())]
        if missed:
            print(f"\n{title} {row.application}")
        for place in missed:
            kind = "" if place.is_certain else f"{other}: "
            print(f"  {place.path}:{place.line} {kind}{place.what}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = sorted(path.stem for path in (HERE / "endpoints").glob("*.toml"))
    parser.add_argument("applications", nargs="*", metavar="APPLICATION", help=", ".join(known))
    add_options(parser)
    parser.add_argument("--all", action="store_true", help="list what depends on settings too")
    given = parser.parse_args(arguments)
    read: list[Row] = []
    ruff: list[Row] = []
    routes: list[Row] = []
    for application in given.applications or known:
        content = msgspec.toml.decode((HERE / "endpoints" / f"{application}.toml").read_bytes())
        folder = folders([application], given)[application]
        reported = report_on(folder)
        routes.append(compare_endpoints(application, content, endpoints_in(folder)))
        read.append(compare(application, boundaries(content), reported))
        async_findings = json.loads((HERE / "ruff-async" / f"{application}.json").read_text())
        ruff.append(compare(application, loop_findings(async_findings), reported))
    print_missed("Endpoints of", routes, "", with_possible=False)
    print_missed("Read in", read, "depends", with_possible=given.all)
    print_missed("ruff in", ruff, "on purpose", with_possible=True)
    print_table("Endpoints, with every route and where they run", routes, "-")
    print_table("Boundaries read in full endpoints", read, "depends")
    print_table("ruff ASYNC findings on the loop", ruff, "no wait")


if __name__ == "__main__":
    main()
