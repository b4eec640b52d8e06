"""What a check found, ready to be presented: findings in order, groups, counts, the exit code.

Says nothing about form; the presenters beside this module do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from unlag.cli.baseline import Entry
from unlag.finding import EntryPoint, Finding, Problem, Safety, Severity
from unlag.fixes.apply import Fix, Refused
from unlag.versions import Known

CLEAN, FINDINGS, FAILURE = 0, 1, 2


class Report(msgspec.Struct, frozen=True):
    """The result of one check."""

    findings: tuple[Finding, ...]
    """The worst are not first: they stand in the order of paths and lines."""
    problems: tuple[Problem, ...] = ()
    statistics: Mapping[str, int] = {}
    seconds: float = 0.0
    libraries: tuple[Known, ...] = ()
    """What is known of the versions of libraries; the newest are taken for granted beyond that."""
    known: int = 0
    """Findings the baseline has left out."""
    checked: int = 0
    """Files that the user asked about; calls are followed through all of the project's."""
    stale: tuple[Entry, ...] = ()
    """Entries of the baseline that no longer occur."""
    fixed: tuple[Fix, ...] = ()
    refused: tuple[Refused, ...] = ()
    would_fix: bool = False
    """True where `fixed` was only shown."""

    @property
    def is_failure(self) -> bool:
        """Whether the run cannot be trusted."""
        return exit_code(self.problems) == FAILURE

    @property
    def exit_code(self) -> int:
        """2 for a failure, 1 where there is something to look at, else 0."""
        of_problems = exit_code(self.problems)
        return FINDINGS if of_problems == CLEAN and self.findings else of_problems


class Group(msgspec.Struct, frozen=True):
    """Findings that come down to one call at one place, or stand in one file and call the same."""

    code: str
    rule: str
    severity: Severity
    sink: str
    path: str
    line: int
    findings: tuple[Finding, ...]
    entry_points: tuple[EntryPoint, ...]

    @property
    def reach(self) -> str:
        """How much of the application it concerns: `40 endpoints`."""
        if not self.entry_points:
            return plural(len(self.findings), "place")
        routes = sum(1 for point in self.entry_points if point.kind == "route")
        if routes == len(self.entry_points):
            return plural(routes, "endpoint")
        return plural(len(self.entry_points), "entry point")


class Counts(msgspec.Struct, frozen=True):
    """How many findings there are of each sort."""

    severities: Mapping[Severity, int]
    safe: int
    """Findings with a safe fix."""
    unsafe: int
    """Findings with unsafe fixes only."""
    files: int


def exit_code(problems: Iterable[Problem]) -> int:
    """2 where the run cannot be trusted, 1 where it is incomplete, else 0."""
    code = CLEAN
    for problem in problems:
        if problem.fatal:
            return FAILURE
        code = code if problem.is_whole else FINDINGS
    return code


def worth_saying(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems as people are told of them: what is nobody's to mend once, with how many files it stands in."""
    told: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.is_whole:
            told.setdefault(problem.message, []).append(problem)
        else:
            yield problem
    for message, alike in told.items():
        others = len(alike) - 1
        more = f" The same goes for {plural(others, 'other file')}." if others else ""
        yield msgspec.structs.replace(alike[0], message=message + more)


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """The findings by rule, sink and place, the worst and then the widest first.

    What calls the sink itself, with no helper to mend once for all, is one group a file.
    """
    members: dict[tuple[str, str, str, int], list[Finding]] = {}
    for finding in findings:
        path, line = convergence(finding)
        place = line if len(finding.trail) > 1 and finding.trail[-1].call else 0
        members.setdefault((finding.code, finding.sink, path, place), []).append(finding)
    groups = [
        Group(
            code,
            found[0].rule,
            min((finding.severity for finding in found), key=lambda severity: severity.rank),
            sink,
            path,
            min(convergence(finding)[1] for finding in found),
            tuple(found),
            tuple(dict.fromkeys(point for finding in found for point in finding.entry_points)),
        )
        for (code, sink, path, _), found in members.items()
    ]
    return tuple(sorted(groups, key=_order))


def convergence(finding: Finding) -> tuple[str, int]:
    """Path and line of the call that everything comes down to."""
    if finding.trail and finding.trail[-1].call:
        return finding.trail[-1].path, finding.trail[-1].line
    return finding.path, finding.span.line


def counted(findings: Iterable[Finding]) -> Counts:
    """The counts of `findings`."""
    findings = tuple(findings)
    severities = Counter(finding.severity for finding in findings)
    safeties = [{offer.safety for offer in finding.fixes} for finding in findings]
    safe = sum(Safety.SAFE in offered for offered in safeties)
    return Counts(
        {severity: severities[severity] for severity in Severity},
        safe,
        sum(bool(offered) for offered in safeties) - safe,
        len({finding.path for finding in findings}),
    )


def plural(count: int, noun: str) -> str:
    """`1 file`, `2 files`, `2 entries`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("ry") else f"{count} {noun}s"


def _order(group: Group) -> tuple[int, int, int, str, int, str, str]:
    return (
        group.severity.rank,
        -len(group.entry_points),
        -len(group.findings),
        group.path,
        group.line,
        group.code,
        group.sink,
    )
