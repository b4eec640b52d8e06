"""The one mutable object: files as they are now, in; immutable snapshots of all findings, out.

Reads no disk: whoever owns it hands in texts. The same texts give the same snapshot, whatever the order
of the changes that led there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from unlag import engine
from unlag.config import Config
from unlag.finding import Finding, Problem
from unlag.knowledge import Entry, Knowledge, Library
from unlag.project import graph
from unlag.project.index import Index, Options
from unlag.project.routes import Route
from unlag.rules import load
from unlag.source.document import Document


class Change(msgspec.Struct, frozen=True):
    """A file's text as it is now; None: it is gone. `path` is absolute, line ends are `\\n`."""

    path: str
    text: str | None


class EndpointRow(msgspec.Struct, frozen=True):
    """One route, as `unlag endpoints` prints it."""

    kind: str
    method: str
    route: str
    function: str
    path: str
    line: int
    runs: str
    """event loop or thread pool."""
    thread_hops: int
    """Times a request to it takes a thread-pool token: itself and its plain dependencies."""
    findings: int


class Snapshot(msgspec.Struct, frozen=True):
    """Everything known at one moment."""

    findings: Mapping[str, tuple[Finding, ...]]
    """By absolute path; suppressed, ignored and unselected ones left out."""
    problems: tuple[Problem, ...]
    endpoints: tuple[EndpointRow, ...]
    statistics: Mapping[str, int]


class Workspace:
    """Files of one project, analysed together."""

    def __init__(
        self,
        roots: tuple[str, ...],
        config: Config,
        *,
        config_for: Callable[[str], Config] | None = None,
        tracks: bool = True,
    ) -> None:
        self._config = config
        self._config_for = config_for or (lambda path: config)
        self._documents: dict[str, Document] = {}
        knowledge = Knowledge((_configured(config),))
        options = Options(roots, config.entry_points)
        self.index = Index(knowledge, options, tracks=tracks)
        self._is_built = False

    def apply(self, changes: Iterable[Change]) -> Snapshot:
        """Take in some files' new texts and say what holds now."""
        changed: dict[str, Document | None] = {}
        for change in changes:
            known = changed.get(change.path) or self._documents.get(change.path)
            if change.text is None:
                changed[change.path] = None
            elif known is None:
                changed[change.path] = Document.read(change.text)
            else:
                changed[change.path] = known.edited(change.text)
        self._take(changed)
        return self._snapshot()

    def document(self, path: str) -> Document | None:
        """A file as it is now."""
        return self._documents.get(path)

    def _take(self, changed: Mapping[str, Document | None]) -> None:
        for path, document in changed.items():
            if document is None:
                self._documents.pop(path, None)
            else:
                self._documents[path] = document
        if not self._is_built:
            self.index.build({path: item.facts for path, item in self._documents.items()})
            self._is_built = True
        elif changed:
            self.index.update(
                {path: item.facts if item is not None else None for path, item in changed.items()}
            )

    def _snapshot(self) -> Snapshot:
        findings: dict[str, tuple[Finding, ...]] = {}
        problems: list[Problem] = []
        rules = load()
        for path, document in self._documents.items():
            config = self._config_for(path)
            checked = engine.check_file(self.index, path, rules, config)
            kept = engine.suppress(checked.findings, document.suppressions, path, rules)
            found = tuple(
                item for item in kept if not config.is_ignored_in(path, item.code, item.rule)
            )
            if found:
                findings[path] = found
            problems.extend(checked.problems)
            if document.trouble is not None:
                trouble = document.trouble
                problems.append(Problem(path, trouble.message, trouble.line, trouble.column))
        return Snapshot(findings, tuple(problems), self._endpoints(findings), self._statistics())

    def _endpoints(self, findings: Mapping[str, tuple[Finding, ...]]) -> tuple[EndpointRow, ...]:
        counts: dict[tuple[str, str, int], int] = {}
        for items in findings.values():
            for finding in items:
                for point in finding.entry_points:
                    key = (point.path, point.function, point.line)
                    counts[key] = counts.get(key, 0) + 1
        rows = [self._row(route, counts) for route in self.index.routes.routes if route.method]
        known = [row for row in rows if row is not None]
        return tuple(sorted(set(known), key=lambda row: (row.path, row.line, row.route)))

    def _row(self, route: Route, counts: Mapping[tuple[str, str, int], int]) -> EndpointRow | None:
        entry = self.index.function(route.function)
        if entry is None:
            return None
        path, _, qualname = route.function.rpartition(":")
        line = entry.facts.line + entry.offset
        in_thread = route.context == graph.THREAD_POOL
        return EndpointRow(
            route.label,
            route.method,
            route.route,
            qualname,
            path,
            line,
            route.context,
            self.index.thread_hops(route) + int(in_thread),
            counts.get((path, qualname, line), 0),
        )

    def _statistics(self) -> dict[str, int]:
        return {
            "files": len(self._documents),
            "lines": sum(table.lines for table in self.index.tables.values()),
            "functions": len(self.index.links),
            "endpoints": sum(1 for route in self.index.routes.routes if route.method),
        }


def _configured(config: Config) -> Library:
    """The project's own blocking functions and offloading wrappers, as a knowledge file."""
    entries: dict[str, tuple[Entry, ...]] = {}
    for name in config.blocking:
        entries[name] = (Entry("blocking", name, cost="network"),)
    for name in config.offload:
        offload = Entry("offload", name, callables=(0,), to="thread", form="call")
        entries[name] = (*entries.get(name, ()), offload)
    return Library((), {}, {}, {}, {}, entries)
