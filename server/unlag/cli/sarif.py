"""A report as SARIF 2.1.0, which code scanning services read: rules, ways to the call, fixes.

Works out the edits of each finding's first fix, so it costs more than the other forms.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

import unlag
from unlag import fixes
from unlag.cli.places import printable, shown
from unlag.cli.plain import entry_name
from unlag.cli.report import Report
from unlag.finding import Edit, EntryPoint, Finding, Problem, Severity, Span
from unlag.fixes import FixRequest, Refusal
from unlag.rules import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "SRCROOT"
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}

Object = dict[str, Any]


def render(
    report: Report,
    rules: Sequence[Rule],
    text_of: Callable[[str], str | None],
    style_of: Callable[[str], str],
) -> str:
    """The whole report as one SARIF log; `text_of` and `style_of` serve the fixes."""
    places = {rule.code: index for index, rule in enumerate(rules)}
    results = [
        _without_empty(_result(finding, places) | {"fixes": _fixes(finding, text_of, style_of)})
        for finding in report.findings
    ]
    run = {
        "tool": {"driver": _driver(rules)},
        "originalUriBaseIds": {_ROOT: {"uri": _folder_uri(os.getcwd())}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.is_failure,
                "toolExecutionNotifications": [_notification(p) for p in report.problems],
            }
        ],
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode()


def _driver(rules: Iterable[Rule]) -> Object:
    return {
        "name": "Unlag",
        "version": unlag.__version__,
        "semanticVersion": unlag.__version__,
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.summary},
                "help": {"text": rule.docs, "markdown": rule.docs},
                "defaultConfiguration": {
                    "level": _LEVELS[rule.severity],
                    "enabled": rule.enabled,
                },
                "properties": {"tags": ["performance", rule.family]},
            }
            for rule in rules
        ],
    }


def _result(finding: Finding, places: dict[str, int]) -> Object:
    result: Object = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": printable(finding.message)},
        "locations": [_location(finding.path, _region(finding.span))],
        "partialFingerprints": {"unlag/v1": finding.fingerprint},
    }
    if finding.code in places:
        result["ruleIndex"] = places[finding.code]
    if flow := _flow(finding):
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return result


def _flow(finding: Finding) -> list[Object]:
    """From the entry point, along the calls, to the one that blocks."""
    if not finding.trail:
        return []
    entries = [_entry(point) for point in finding.entry_points[:1]]
    steps = [
        _located(
            step.path,
            {"startLine": step.line, "startColumn": step.column + 1},
            step.said_of(step.function or "module"),
        )
        for step in finding.trail
    ]
    return [{"location": location} for location in entries + steps]


def _entry(point: EntryPoint) -> Object:
    return _located(point.path, {"startLine": point.line}, entry_name(point))


def _located(path: str, region: Object, text: str) -> Object:
    return _location(path, region) | {"message": {"text": printable(text)}}


def _fixes(
    finding: Finding,
    text_of: Callable[[str], str | None],
    style_of: Callable[[str], str],
) -> list[Object]:
    text = text_of(finding.path) if finding.fixes else None
    if text is None:
        return []
    offer = finding.fixes[0]
    style = style_of(finding.path)
    request = FixRequest(finding.path, text, finding.span, offer.arguments, style, text_of)
    try:
        edits = fixes.edits(offer, request)
    except Exception:  # a faulty kind of fix must not cost the report; --fix tells of it
        return []
    if isinstance(edits, Refusal) or not edits:
        return []
    label = f"{printable(offer.title)} ({offer.safety.value})"
    return [{"description": {"text": label}, "artifactChanges": _changes(edits)}]


def _changes(edits: Iterable[Edit]) -> list[Object]:
    by_path: dict[str, list[Object]] = {}
    for edit in edits:
        replacement: Object = {"deletedRegion": _region(edit.span)}
        if edit.text:
            replacement["insertedContent"] = {"text": edit.text}
        by_path.setdefault(edit.path, []).append(replacement)
    return [
        {"artifactLocation": _artifact(path), "replacements": replacements}
        for path, replacements in by_path.items()
    ]


def _notification(problem: Problem) -> Object:
    region: Object = {}
    if problem.line is not None:
        region["startLine"] = problem.line
        if problem.column is not None:
            region["startColumn"] = problem.column + 1
    return {
        "level": "error" if problem.fatal else "note" if problem.is_whole else "warning",
        "message": {"text": printable(problem.message)},
        "locations": [_location(problem.path, region)],
    }


def _location(path: str, region: Object) -> Object:
    physical: Object = {"artifactLocation": _artifact(path)}
    if region:
        physical["region"] = region
    return {"physicalLocation": physical}


def _region(span: Span) -> Object:
    return {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }


def _artifact(path: str) -> Object:
    return {"uri": quote(shown(path)), "uriBaseId": _ROOT}


def _folder_uri(folder: str) -> str:
    return "file://" + quote(os.path.join(folder, "").replace(os.sep, "/"))


def _without_empty(result: Object) -> Object:
    return {key: value for key, value in result.items() if value != []}
