"""A report as JSON, version 1: lines and columns from 1, columns in characters, paths with `/`.

Keys are only ever added; a change of meaning is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import msgspec

from unlag.cli.places import printable, shown
from unlag.cli.report import Report, counted, grouped
from unlag.finding import EntryPoint, Finding, Problem, Step
from unlag.versions import Known

VERSION = 1


class _Place(msgspec.Struct, frozen=True):
    path: str
    line: int
    column: int
    function: str


class _Entry(msgspec.Struct, frozen=True):
    method: str
    route: str
    function: str
    path: str
    line: int


class _Offer(msgspec.Struct, frozen=True):
    title: str
    safety: str


class _Finding(msgspec.Struct, frozen=True):
    code: str
    rule: str
    severity: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    trail: tuple[_Place, ...]
    entry_points: msgspec.Raw
    fixes: tuple[_Offer, ...]
    fingerprint: str


class _Group(msgspec.Struct, frozen=True):
    code: str
    rule: str
    severity: str
    sink: str
    path: str
    line: int
    findings: int
    entry_points: int


class _Problem(msgspec.Struct, frozen=True):
    path: str
    line: int | None
    column: int | None
    message: str
    fatal: bool


class _Stale(msgspec.Struct, frozen=True):
    path: str
    rule: str
    fingerprint: str
    count: int


class _Library(msgspec.Struct, frozen=True):
    name: str
    version: str
    """Exact, or what is asked for, such as `>=0.100`; `any` where every version is right."""
    source: str


class _Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    findings: int
    severities: Mapping[str, int]
    safe_fixes: int
    unsafe_fixes: int
    fixed: int
    known: int
    groups: tuple[_Group, ...]
    problems: tuple[_Problem, ...]
    stale: tuple[_Stale, ...]
    statistics: Mapping[str, int | float] | None = None
    libraries: tuple[_Library, ...] | None = None


def lines(report: Report, *, statistics: bool) -> Iterator[str]:
    """The whole report as one document, a finding a line: big reports stay searchable."""
    summary = msgspec.json.encode(_summary(report, statistics)).decode()
    yield f'{{"version":{VERSION},"summary":{summary},"findings":['
    entries = lru_cache(maxsize=64)(_entries)  # many findings of a file share a list of hundreds
    for number, finding in enumerate(report.findings, 1):
        comma = "," if number < len(report.findings) else ""
        yield msgspec.json.encode(_finding(finding, entries)).decode() + comma
    yield "]}"


def _entries(points: tuple[EntryPoint, ...]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode([_entry(point) for point in points]))


def _finding(
    finding: Finding, entries: Callable[[tuple[EntryPoint, ...]], msgspec.Raw]
) -> _Finding:
    span = finding.span
    return _Finding(
        finding.code,
        finding.rule,
        finding.severity.value,
        shown(finding.path),
        span.line,
        span.column + 1,
        span.end_line,
        span.end_column + 1,
        printable(finding.message),
        tuple(map(_step, finding.trail)),
        entries(finding.entry_points),
        tuple(_Offer(printable(offer.title), offer.safety.value) for offer in finding.fixes),
        finding.fingerprint,
    )


def _step(step: Step) -> _Place:
    return _Place(shown(step.path), step.line, step.column + 1, step.function)


def _entry(point: EntryPoint) -> _Entry:
    return _Entry(
        point.method, printable(point.route), point.function, shown(point.path), point.line
    )


def _problem(problem: Problem) -> _Problem:
    return _Problem(
        shown(problem.path),
        problem.line,
        None if problem.column is None else problem.column + 1,
        printable(problem.message),
        problem.fatal,
    )


def _summary(report: Report, statistics: bool) -> _Summary:
    counts = counted(report.findings)
    groups = tuple(
        _Group(
            group.code,
            group.rule,
            group.severity.value,
            group.sink,
            shown(group.path),
            group.line,
            len(group.findings),
            len(group.entry_points),
        )
        for group in grouped(report.findings)
    )
    stale = tuple(_Stale(e.path, e.rule, e.fingerprint, e.count) for e in report.stale)
    figures = {**report.statistics, "seconds": round(report.seconds, 3)} if statistics else None
    return _Summary(
        len(report.findings),
        {severity.value: count for severity, count in counts.severities.items()},
        counts.safe,
        counts.unsafe,
        len(report.fixed),
        report.known,
        groups,
        tuple(map(_problem, report.problems)),
        stale,
        figures,
        tuple(map(_library, report.libraries)) if statistics else None,
    )


def _library(known: Known) -> _Library:
    return _Library(known.distribution, known.spoken, shown(known.source))
