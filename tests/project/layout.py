"""Reads a mini project of `layouts/`: what must be found in it, and what the engine finds.

In its files, a comment on the line of a squiggle names the sinks or the codes that belong there:

    # blocks: requests.get     an error or a warning
    # once: requests.get       information: remembered, or run once
    # gap: requests.get, why   should be reported and is not (yet)
    # false: requests.get, why is reported and should not be (yet)

`expected.toml` beside them lists what FastAPI calls: `endpoints` and other `entries`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from unlag.config import Config
from unlag.finding import Finding, Severity
from unlag.project.routes import Route
from unlag.workspace import Change, Workspace

FOLDER = Path(__file__).parent / "layouts"
_MARKER = re.compile(r"# (blocks|once|gap|false): (.+)$")
_CODES = ("LAG101", "LAG102", "LAG103", "LAG104", "LAG105", "LAG604")


class Squiggle(msgspec.Struct, frozen=True, order=True):
    """A sink or code, and the line it is reported on."""

    path: str
    line: int
    sink: str
    verdict: str


class Layout:
    """One mini project, analysed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = {path: path.read_text() for path in sorted(folder.rglob("*.py"))}
        roots = self.expected().get("roots", [""])
        workspace = Workspace(tuple(str(folder / root) for root in roots), Config(), tracks=False)
        self.snapshot = workspace.apply(
            Change(str(path), text) for path, text in self.texts.items()
        )
        self.index = workspace.index

    def marked(self, *verdicts: str) -> list[Squiggle]:
        """What the comments say."""
        found: list[Squiggle] = []
        for path, text in self.texts.items():
            for number, line in enumerate(text.splitlines(), 1):
                marker = _MARKER.search(line)
                if marker is None or marker.group(1) not in verdicts:
                    continue
                names = marker.group(2).split(", ")
                if marker.group(1) in ("gap", "false"):
                    del names[1:]
                short, verdict = self._short(path), marker.group(1)
                found.extend(Squiggle(short, number, name, verdict) for name in names)
        return sorted(found)

    def reported(self) -> list[Squiggle]:
        """What the engine says, in the words of the comments."""
        marked = {(item.path, item.line, item.sink) for item in self.marked("blocks", "once")}
        return sorted(
            self._squiggle(self._short(Path(path)), finding, marked)
            for path, findings in self.snapshot.findings.items()
            for finding in findings
            if finding.code in _CODES
        )

    @staticmethod
    def _squiggle(path: str, finding: Finding, marked: set[tuple[str, int, str]]) -> Squiggle:
        is_mild = finding.severity.rank >= Severity.INFORMATION.rank
        line = finding.span.line
        name = finding.code if (path, line, finding.code) in marked else finding.sink
        return Squiggle(path, line, name, "once" if is_mild else "blocks")

    def expected(self) -> dict[str, Any]:
        """What `expected.toml` says."""
        expected: dict[str, Any] = msgspec.toml.decode((self.folder / "expected.toml").read_bytes())
        return expected

    def endpoints(self) -> list[dict[str, Any]]:
        """Every route: its name, function, where it runs, thread hops and dependencies."""
        rows = [
            {
                "route": f"{route.method} {route.route}",
                "function": _name(route.function),
                "runs": route.context,
                "hops": self._hops(route),
                "needs": sorted(map(_name, self.index.dependencies_of(route))),
            }
            for route in self.index.routes.routes
            if route.method
        ]
        return sorted(rows, key=_order)

    def _hops(self, route: Route) -> int:
        counted = {
            (row.function, row.method, row.route): row.thread_hops
            for row in self.snapshot.endpoints
        }
        return counted[route.function.rpartition(":")[2], route.method, route.route]

    def entries(self) -> list[dict[str, str]]:
        """Everything else a framework calls."""
        rows = [
            {"kind": route.label, "function": _name(route.function), "runs": route.context}
            for route in self.index.routes.routes
            if not route.method
        ]
        return sorted(rows, key=_order)

    def _short(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _order(row: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((key, str(value)) for key, value in row.items())


def _name(function_id: str) -> str:
    """The qualified name; lambdas by what they are."""
    return re.sub(r"<lambda [^>]*>", "<lambda>", function_id.rpartition(":")[2])


def expected_endpoints(expected: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `expected.toml`, with what goes without saying filled in."""
    rows = []
    for row in expected.get("endpoints", ()):
        in_thread = row.get("runs") == "thread pool"
        full = {"runs": "event loop", "hops": int(in_thread), "needs": [], **row}
        rows.append(full)
    return sorted(rows, key=_order)


def expected_entries(expected: dict[str, Any]) -> list[dict[str, str]]:
    """The other entry points, on the event loop unless they say otherwise."""
    rows = [{"runs": "event loop", **row} for row in expected.get("entries", ())]
    return sorted(rows, key=_order)
