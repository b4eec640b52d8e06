"""An engine for tests of what stands around the engine: comments say what it finds.

    pause()  # finds LAG101 error time.sleep at app/db.py:3 safe rest()

means a finding on the code of that line with that sink, place of the sink and fix.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from unlag.config import Config
from unlag.finding import (
    Edit,
    EntryPoint,
    Finding,
    FixOffer,
    Problem,
    Safety,
    Severity,
    Span,
    Step,
)
from unlag.fixes import FixRequest, Refusal
from unlag.snapshot import EndpointRow
from unlag.workspace import Change

_MARK = re.compile(
    r"^(?P<indent>\s*)(?P<code>.*?)\s*# finds (?P<rule>LAG\d+) (?P<severity>\w+) (?P<sink>\S+)"
    r"(?: at (?P<path>\S+):(?P<line>\d+))?(?: from (?P<routes>\S+))?"
    r"(?: (?P<safety>safe|unsafe) (?P<fix>.*))?$"
)


class Rule(msgspec.Struct, frozen=True):
    code: str
    name: str
    family: str = "event_loop"
    severity: Severity = Severity.ERROR
    enabled: bool = True
    summary: str = "Something blocks."
    docs: str = "# A rule\n\nIt tells why.\n"


RULES = (
    Rule("LAG101", "blocking-call-on-loop"),
    Rule("LAG102", "blocking-helper-on-loop", severity=Severity.WARNING),
    Rule("LAG109", "await-in-loop", severity=Severity.HINT, enabled=False),
)


class Snapshot(msgspec.Struct, frozen=True):
    findings: Mapping[str, tuple[Finding, ...]]
    problems: tuple[Problem, ...]
    endpoints: tuple[EndpointRow, ...]
    statistics: Mapping[str, int]


class Workspace:
    runs = 0

    def __init__(
        self,
        roots: tuple[str, ...],
        config: Config,
        *,
        config_for: Callable[[str], Config] | None = None,
        tracks: bool = True,
        text_of: Callable[[str], str | None] | None = None,
    ) -> None:
        self._roots = roots
        self._tracks = tracks
        self._config_for = config_for or (lambda path: config)
        self._texts: dict[str, str] = {}

    def apply(self, changes: Iterable[Change]) -> Snapshot:
        assert self._tracks or not self._texts
        type(self).runs += 1
        for change in changes:
            assert change.text is not None
            self._texts[change.path] = change.text
        problems = tuple(filter(None, map(syntax_problem, self._texts.items())))
        findings = {path: tuple(self._findings(path)) for path in self._texts}
        endpoints = tuple(
            EndpointRow("route", "GET", "/x", "x", path, 1, "event loop", 1, len(found))
            for path, found in findings.items()
            if "@app.get" in self._texts[path]
        )
        lines = sum(text.count("\n") for text in self._texts.values())
        return Snapshot(findings, problems, endpoints, {"files": len(self._texts), "lines": lines})

    def stored(self) -> None:
        """This engine has nothing that another run could go on from."""

    def _findings(self, path: str) -> Iterable[Finding]:
        config = self._config_for(path)
        for number, line in enumerate(self._texts[path].split("\n"), 1):
            match = _MARK.match(line)
            if match is None:
                continue
            rule = next(rule for rule in RULES if rule.code == match["rule"])
            if config.is_on(rule.code, rule.name, enabled=rule.enabled):
                yield finding(path, number, match, rule, self._roots[0])


def finding(path: str, number: int, match: re.Match[str], rule: Rule, root: str) -> Finding:
    start, end = len(match["indent"]), len(match["indent"] + match["code"])
    trail: tuple[Step, ...] = ()
    if match["path"]:
        trail = (
            Step(path, number, start, "view", match["code"]),
            Step(f"{root}/{match['path']}", int(match["line"]), 0, "helper", match["sink"]),
        )
    routes = [route for route in (match["routes"] or "").split(",") if route]
    points = tuple(EntryPoint("route", "GET", route, "view", path, 1) for route in routes)
    offers: tuple[FixOffer, ...] = ()
    if match["safety"]:
        title = f"Replace it with `{match['fix']}`"
        offers = (FixOffer(title, Safety(match["safety"]), "fake", (match["fix"],)),)
    identity = f"{rule.code}{match['code']}"
    return Finding(
        rule.code,
        rule.name,
        Severity(match["severity"]),
        path,
        Span(number, start, number, end),
        f"`{match['sink']}` blocks the event loop. Do not call it.",
        "view",
        match["sink"],
        trail,
        points,
        offers,
        hashlib.blake2b(identity.encode(), digest_size=8).hexdigest(),
    )


def syntax_problem(item: tuple[str, str]) -> Problem | None:
    path, text = item
    try:
        ast.parse(text)
    except SyntaxError as error:
        return Problem(path, f"Syntax error: {error.msg}.", error.lineno, (error.offset or 1) - 1)
    return None


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Replaces the whole line; some words make trouble on purpose."""
    (new,) = request.arguments
    if new == "refuse":
        return Refusal("it cannot be made here")
    if new == "crash":
        raise RuntimeError("out of order")
    line = request.text.split("\n")[request.span.line - 1]
    end = request.span.end_column if new == "keep" else len(line)
    span = Span(request.span.line, request.span.column, request.span.line, end)
    made = Edit(request.path, span, new)
    if needed := re.search(r"rest\d*", new):
        return (Edit(request.path, Span(1, 0, 1, 0), f"import {needed[0]}\n"), made)
    return (made,)
