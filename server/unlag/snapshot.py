"""Everything known of a workspace at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias

import msgspec

from unlag.finding import Finding, Problem
from unlag.project import thread_hops
from unlag.project.index import Index
from unlag.project.routes import Route
from unlag.rules.database._listing import Query, queries_of
from unlag.rules.validation._repeats import repeats_of

Queries: TypeAlias = Mapping[tuple[str, str], tuple[Query, ...]]
"""Path and function of a route -> the database statements that it can come to."""


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
    """Times a request to it goes to a thread and back: endpoint, response model, dependencies."""
    findings: int
    repeats: tuple[str, ...] = ()
    """What is done to its answer more than once: validated, serialised."""


class Snapshot:
    """Everything known at one moment.

    Findings and problems stand; endpoints and statistics are worked out when first asked for, and must be
    asked for before the workspace takes in more changes.
    """

    def __init__(
        self,
        findings: Mapping[str, tuple[Finding, ...]],
        problems: tuple[Problem, ...],
        index: Index,
    ) -> None:
        self.findings = findings
        """By absolute path; suppressed, ignored and unselected ones left out."""
        self.problems = problems
        self._index = index

    @cached_property
    def endpoints(self) -> tuple[EndpointRow, ...]:
        """Every route, in the order of the files."""
        counts: dict[tuple[str, str], int] = {}
        for items in self.findings.values():
            for finding in items:
                # a function with two routes is two entry points, and one way to the finding
                for key in {(point.path, point.function) for point in finding.entry_points}:
                    counts[key] = counts.get(key, 0) + 1
        rows = {
            row
            for route in self._index.routes.routes
            if route.method and (row := _row(self._index, route, counts)) is not None
        }
        return tuple(sorted(rows, key=lambda row: (row.path, row.line, row.route, row.method)))

    @cached_property
    def queries(self) -> Queries:
        """The database statements that every route can come to."""
        index = self._index
        found = {}
        for function in dict.fromkeys(item.function for item in index.routes.routes if item.method):
            path, _, qualname = function.rpartition(":")
            found[path, qualname] = queries_of(index, function)
        return found

    @cached_property
    def statistics(self) -> Mapping[str, int]:
        """files, lines, functions, endpoints."""
        tables = self._index.tables
        return {
            "files": len(tables),
            "lines": sum(table.whole.lines for table in tables.values()),
            "functions": len(self._index.links),
            "endpoints": sum(1 for route in self._index.routes.routes if route.method),
        }


def _row(index: Index, route: Route, counts: Mapping[tuple[str, str], int]) -> EndpointRow | None:
    entry = index.function(route.function)
    if entry is None:
        return None
    path, _, qualname = route.function.rpartition(":")
    return EndpointRow(
        kind=route.label,
        method=route.method,
        route=route.route,
        function=qualname,
        path=path,
        line=entry.facts.line + entry.offset,
        runs=route.context,
        thread_hops=thread_hops.of_route(index, route),
        findings=counts.get((path, qualname), 0),
        repeats=repeats_of(index, route),
    )
