"""Findings in the protocol's words: ranges in the client's units, diagnostics, links.

Pure: the session says what the client can take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from lsprotocol import types

from unlag.finding import EntryPoint, Finding, Problem, Severity, Span
from unlag.lsp import positions
from unlag.lsp.view import View

SOURCE = "unlag"
RULE_LINK = "vscode://unlag.unlag/rule/"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_MOST_ENTRY_POINTS = 5


class Client(msgspec.Struct, frozen=True):
    """What the client can take, from its capabilities and options."""

    encoding: str = positions.UTF16
    has_related: bool = False
    has_rule_pages: bool = False
    has_description: bool = False
    has_document_changes: bool = False
    has_lazy_edits: bool = False
    has_progress: bool = False
    has_lens_refresh: bool = False
    has_watching: bool = False
    has_configuration: bool = False
    has_markdown: bool = True
    wants_status: bool = False


class Converter(msgspec.Struct, frozen=True):
    """Converts what stands in one view."""

    client: Client
    view: View
    uri_of: Callable[[str], str]

    def position(self, path: str, line: int, column: int) -> types.Position:
        """A place of a file; `line` from 1."""
        text = self.view.line(path, line)
        units = positions.units(text, column, self.client.encoding) if text else column
        return types.Position(max(line - 1, 0), units)

    def range(self, path: str, span: Span) -> types.Range:
        """A stretch of a file."""
        return types.Range(
            self.position(path, span.line, span.column),
            self.position(path, span.end_line, span.end_column),
        )

    def diagnostic(self, finding: Finding) -> types.Diagnostic:
        """A finding as the editor shows it."""
        return types.Diagnostic(
            range=self.range(finding.path, finding.span),
            message=finding.message,
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            code_description=self._description(finding.code),
            source=SOURCE,
            related_information=self._related(finding) if self.client.has_related else None,
            data={
                "fingerprint": finding.fingerprint,
                "fixes": [
                    {"title": offer.title, "safety": offer.safety.value} for offer in finding.fixes
                ],
            },
        )

    def trouble(self, problem: Problem) -> types.Diagnostic:
        """Something wrong in a configuration file."""
        line, column = problem.line or 1, problem.column or 0
        start = self.position(problem.path, line, column)
        end = types.Position(start.line + 1, 0)
        return types.Diagnostic(
            range=types.Range(start, end),
            message=problem.message,
            severity=types.DiagnosticSeverity.Warning,
            source=SOURCE,
        )

    def _description(self, code: str) -> types.CodeDescription | None:
        if not (self.client.has_rule_pages and self.client.has_description):
            return None
        return types.CodeDescription(href=RULE_LINK + code)

    def _related(self, finding: Finding) -> list[types.DiagnosticRelatedInformation] | None:
        related = [*self._steps(finding), *self._entries(finding)]
        return related or None

    def _steps(self, finding: Finding) -> Iterator[types.DiagnosticRelatedInformation]:
        if len(finding.trail) < 2:
            return  # the only step is the finding itself
        for step in finding.trail:
            start = self.position(step.path, step.line, step.column)
            message = step.said_of(calling(step.function), "`")
            yield types.DiagnosticRelatedInformation(
                types.Location(self.uri_of(step.path), types.Range(start, start)), message
            )

    def _entries(self, finding: Finding) -> Iterator[types.DiagnosticRelatedInformation]:
        for point in finding.entry_points[:_MOST_ENTRY_POINTS]:
            start = self.position(point.path, point.line, 0)
            location = types.Location(self.uri_of(point.path), types.Range(start, start))
            yield types.DiagnosticRelatedInformation(location, f"Runs for {entry_name(point)}")
        more = len(finding.entry_points) - _MOST_ENTRY_POINTS
        if more > 0:
            point = finding.entry_points[_MOST_ENTRY_POINTS]
            start = self.position(point.path, point.line, 0)
            location = types.Location(self.uri_of(point.path), types.Range(start, start))
            yield types.DiagnosticRelatedInformation(location, f"Runs for {more} more")


def calling(qualname: str) -> str:
    """A function as the subject of a sentence."""
    name = qualname.partition("#")[0]
    if "<lambda" in name:
        return "A lambda"
    return "The module" if name == "<module>" else f"`{name}`"


def entry_name(point: EntryPoint) -> str:
    """An entry point as a reader knows it: `GET /users/{id}`, or what kind of thing it is."""
    if point.route:
        return f"{point.method} {point.route}".strip()
    return f"{point.kind} `{point.function}`"
