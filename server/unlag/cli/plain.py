"""A report as plain text: one line a finding that other tools can read, details indented below.

Also the sentences that close a report, which the terminal shows too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from unlag.cli.places import printable, shown
from unlag.cli.report import Counts, Group, Report, counted, grouped, plural
from unlag.finding import EntryPoint, Finding, Problem, Safety, Severity, Step

_NOUNS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "information",
    Severity.HINT: "hint",
}


def lines(report: Report, *, statistics: bool) -> Iterator[str]:
    """The whole report."""
    for finding in report.findings:
        yield from _finding(finding)
    groups = grouped(report.findings)
    if groups:
        yield ""
        yield "What it comes down to:"
        yield from map(_group, groups)
    if statistics:
        yield ""
        yield from statistics_lines(report)
    if report.findings:
        yield ""
    yield from closing(report)


def problem_line(problem: Problem) -> str:
    """A problem in one line, with its place in front."""
    place = shown(problem.path)
    if problem.line is not None:
        place += f":{problem.line}"
        if problem.column is not None:
            place += f":{problem.column + 1}"
    return f"{place}: {printable(problem.message)}"


def closing(report: Report) -> Iterator[str]:
    """The sentences under a report: what was fixed, how much is left, what can be done."""
    yield from fixed(report)
    if report.findings:
        yield _found(report, counted(report.findings))
        refused = {item.fix.finding for item in report.refused}
        yield from _fixable(counted(item for item in report.findings if item not in refused))
    elif not report.is_failure:
        files = plural(report.checked, "file")
        yield f"No {'new ' if report.known else ''}findings in {files}."
    if report.known:
        yield f"The baseline covers {plural(report.known, 'more finding')}."
    if report.stale:
        gone = sum(entry.count for entry in report.stale)
        occur = "occurs" if gone == 1 else "occur"
        yield f"{plural(gone, 'finding')} of the baseline no longer {occur}:"
        for entry in report.stale:
            times = f" ({entry.count})" if entry.count > 1 else ""
            yield f"  {entry.path}: {entry.rule}{times}"
        yield "Write the baseline again with --write-baseline to drop them."


def statistics_lines(report: Report) -> Iterator[str]:
    """Counts a rule, then what was read and how long it took."""
    rules = Counter((finding.code, finding.rule) for finding in report.findings)
    for (code, rule), count in sorted(rules.items(), key=lambda row: (-row[1], row[0])):
        yield f"{count:>6}  {code}  {rule}"
    for name, count in report.statistics.items():
        yield f"{count:>6}  {name}"
    yield f"{report.seconds:>6.2f}  seconds"
    yield from _versions_lines(report)


def _versions_lines(report: Report) -> Iterator[str]:
    by_source: dict[str, list[str]] = {}
    for known in report.libraries:
        by_source.setdefault(known.source, []).append(f"{known.distribution} {known.spoken}")
    for source, versions in by_source.items():
        yield f"{'':>6}  {', '.join(versions)} ({shown(source)})"
    if not by_source:
        yield f"{'':>6}  the newest version of every library, as nothing says which are installed"


def entry_phrase(points: tuple[EntryPoint, ...]) -> str:
    """`POST /orders (create_order) and 3 more`, or nothing where there is no entry point."""
    if not points:
        return ""
    more = f" and {len(points) - 1} more" if len(points) > 1 else ""
    return entry_name(points[0]) + more


def entry_name(point: EntryPoint) -> str:
    """`POST /orders (create_order)`, or the kind of entry where there is no route."""
    name = f"{point.method} {point.route}".strip() or point.kind
    return f"{name} ({point.function})"


def _finding(finding: Finding) -> Iterator[str]:
    place = f"{shown(finding.path)}:{finding.span.line}:{finding.span.column + 1}"
    yield f"{place}: {finding.severity.value} {finding.code} {finding.rule}: {finding.message}"
    if finding.entry_points:
        yield f"    reached from {entry_phrase(finding.entry_points)}"
    if len(finding.trail) > 1:
        for step in finding.trail:
            yield f"    {step_phrase(step)}"
    for offer in finding.fixes:
        yield f"    {fix_label(offer.safety)}: {offer.title}"


def step_phrase(step: Step) -> str:
    """`app/routes.py:31: create_order calls save_order`."""
    return f"{shown(step.path)}:{step.line}: {step.said_of(step.function or 'module')}"


def fix_label(safety: Safety) -> str:
    """How a fix is announced."""
    return "safe fix" if safety is Safety.SAFE else "unsafe fix"


def _group(group: Group) -> str:
    return f"  {group.severity.value:<11}  {group.code}  {group_phrase(group)}"


def group_phrase(group: Group) -> str:
    """`requests.get at app/http.py:9: 40 endpoints, 12 places`."""
    sink = group.sink or group.rule
    phrase = f"{sink} at {shown(group.path)}:{group.line}: {group.reach}"
    if group.entry_points and len(group.findings) > 1:
        phrase += f", {plural(len(group.findings), 'place')}"
    return phrase


def fixed(report: Report) -> Iterator[str]:
    """What was fixed, or would be, and what was not and why."""
    if report.fixed:
        verb = "Would fix" if report.would_fix else "Fixed"
        files = len({fix.finding.path for fix in report.fixed})
        yield f"{verb} {plural(len(report.fixed), 'finding')} in {plural(files, 'file')}."
    for item in report.refused:
        finding = item.fix.finding
        place = f"{shown(finding.path)}:{finding.span.line}"
        why = item.reason.rstrip(".")
        yield f"{place}: {finding.code} was not fixed ({item.fix.offer.title}): {why}."


def _found(report: Report, counts: Counts) -> str:
    parts = [
        plural(count, _NOUNS[severity])
        if severity is not Severity.INFORMATION
        else f"{count} information"
        for severity, count in counts.severities.items()
        if count
    ]
    new = "new " if report.known else ""
    found = plural(len(report.findings), f"{new}finding")
    return f"Found {found} in {plural(counts.files, 'file')}: {', '.join(parts)}."


def _fixable(counts: Counts) -> Iterator[str]:
    if counts.safe and counts.unsafe:
        more = f"{counts.unsafe} more with --fix --unsafe-fixes"
        yield f"{counts.safe} can be fixed with --fix, {more}: look at those with --diff first."
    elif counts.safe:
        yield f"{counts.safe} can be fixed with --fix."
    elif counts.unsafe:
        can = f"{counts.unsafe} can be fixed with --fix --unsafe-fixes"
        yield f"{can}: look at the changes with --diff first."
