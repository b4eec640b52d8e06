"""A report as workflow commands, which GitHub Actions shows beside the changed lines."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.cli.places import printable, shown
from unlag.cli.plain import closing, entry_phrase, step_phrase
from unlag.cli.report import Report, worth_saying
from unlag.finding import Finding, Problem, Severity

_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def lines(report: Report) -> Iterator[str]:
    """One command a problem and a finding, then the closing sentences for the log."""
    yield from map(_problem, worth_saying(report.problems))
    yield from map(_finding, report.findings)
    yield from closing(report)


def _problem(problem: Problem) -> str:
    title = "Unlag read everything" if problem.is_whole else "Unlag could not read everything"
    properties = {"file": shown(problem.path), "title": title}
    if problem.line is not None:
        properties["line"] = str(problem.line)
        if problem.column is not None:
            properties["col"] = str(problem.column + 1)
    level = "error" if problem.fatal else "notice" if problem.is_whole else "warning"
    return _command(level, properties, problem.message)


def _finding(finding: Finding) -> str:
    span = finding.span
    properties = {
        "file": shown(finding.path),
        "line": str(span.line),
        "endLine": str(span.end_line),
        "title": f"{finding.code} {finding.rule}",
    }
    if span.line == span.end_line:  # GitHub takes columns only within one line
        properties |= {"col": str(span.column + 1), "endColumn": str(span.end_column + 1)}
    return _command(_LEVELS[finding.severity], properties, "\n".join(_text(finding)))


def _text(finding: Finding) -> Iterator[str]:
    yield finding.message
    if finding.entry_points:
        yield f"Reached from {entry_phrase(finding.entry_points)}."
    if len(finding.trail) > 1:
        yield from map(step_phrase, finding.trail)


def _command(level: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{_data(printable(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
