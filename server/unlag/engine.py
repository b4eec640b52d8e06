"""Facts and index in, findings out: runs the rules, isolates one that fails, applies suppressions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from unlag.config import Config
from unlag.finding import Finding, Problem
from unlag.project.index import Index
from unlag.rules import Rule, Subject
from unlag.rules.deployment_view import DeploymentView
from unlag.rules.view import ClassView, CommentView, FunctionView
from unlag.source.suppressions import Suppression


class Checked(msgspec.Struct, frozen=True):
    """What the rules say about one file, before suppressions."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


def check_file(index: Index, path: str, rules: tuple[Rule, ...], config: Config) -> Checked:
    """Findings of every rule that is on, in the order of the text."""
    if index.is_test(path):
        return Checked()
    active = _by_subject(active_rules(rules, config))
    subjects = _subjects(index, path, active, config.offload_style)
    return _checked(subjects, index.relative(path), config)


def check_deployment(index: Index, path: str, rules: tuple[Rule, ...], config: Config) -> Checked:
    """What the rules that are on say about a deployment file, in the order of the text."""
    active = _by_subject(active_rules(rules, config))[Subject.DEPLOYMENT]
    if not active or index.is_test(path):
        return Checked()
    return _checked([(DeploymentView(index, path), active)], index.relative(path), config)


def _checked(
    subjects: Iterable[tuple[Any, tuple[Rule, ...]]], relative: str, config: Config
) -> Checked:
    findings: list[Finding] = []
    problems: list[Problem] = []
    for view, chosen in subjects:
        for rule in chosen:
            try:
                findings.extend([_of_rule(item, rule, config) for item in rule.check(view)])
            except Exception as error:  # one broken rule must not take the others with it
                problems.append(_failure(rule, view, error))
    findings.sort(key=lambda finding: (finding.span, finding.code))
    return Checked(tuple(_fingerprinted(findings, relative)), tuple(problems))


@lru_cache(maxsize=64)
def active_rules(rules: tuple[Rule, ...], config: Config) -> tuple[Rule, ...]:
    """The rules that the configuration leaves on; files share few configurations."""
    return tuple(rule for rule in rules if config.is_on(rule.code, rule.name, enabled=rule.enabled))


@lru_cache(maxsize=64)
def _by_subject(rules: tuple[Rule, ...]) -> dict[Subject, tuple[Rule, ...]]:
    return {
        subject: tuple(rule for rule in rules if subject in rule.subjects) for subject in Subject
    }


def _subjects(
    index: Index, path: str, rules: Mapping[Subject, tuple[Rule, ...]], style: str
) -> Iterator[tuple[Any, tuple[Rule, ...]]]:
    """Every function and class that a rule can have something to say about, with those rules."""
    table = index.tables[path]
    serves = index.graph.serves
    for entry in table.functions.values():
        chosen = rules[Subject.FUNCTION]
        if entry.facts.is_async:
            chosen += rules[Subject.COROUTINE]
        if serves(entry.id):
            chosen += rules[Subject.REQUEST]
        if chosen:
            yield FunctionView(index, entry, style), chosen
    if rules[Subject.CLASS]:
        for item in table.classes.values():
            yield ClassView(index, item, style), rules[Subject.CLASS]


def _of_rule(finding: Finding, rule: Rule, config: Config) -> Finding:
    severity = finding.severity
    chosen = config.severity_of(rule.code, rule.name, rule.severity)
    if chosen is not rule.severity:
        severity = chosen
    return msgspec.structs.replace(finding, code=rule.code, rule=rule.name, severity=severity)


def _failure(
    rule: Rule, view: FunctionView | ClassView | DeploymentView, error: Exception
) -> Problem:
    what, path, line = _named(view)
    message = (
        f"{rule.name} failed on `{what}` and skipped it "
        f"({type(error).__name__}: {error}). The other rules ran. Please report this."
    )
    return Problem(path, message, line)


def _named(view: FunctionView | ClassView | DeploymentView) -> tuple[str, str, int | None]:
    if isinstance(view, DeploymentView):
        return view.relative, view.path, None
    return view.qualname, view.entry.path, view.entry.facts.line + view.entry.offset


def _fingerprinted(findings: Iterable[Finding], path: str) -> Iterator[Finding]:
    """Findings with names that survive moved lines: equal ones are told apart by their order."""
    counts: dict[tuple[str, ...], int] = {}
    for finding in findings:
        key = (finding.rule, path, finding.function, finding.sink)
        ordinal = counts[key] = counts.get(key, 0) + 1
        yield msgspec.structs.replace(finding, fingerprint=_digest(*key, str(ordinal)))


def suppress(
    findings: Iterable[Finding],
    suppressions: Sequence[Suppression],
    path: str,
    rules: tuple[Rule, ...],
    config: Config,
) -> tuple[Finding, ...]:
    """`findings` without those that a comment silences, and with a word on comments that silence none."""
    if not suppressions:
        return tuple(findings)
    used: set[int] = set()
    kept: list[Finding] = []
    for finding in findings:
        silencing = [index for index, item in enumerate(suppressions) if _silences(item, finding)]
        used.update(silencing)
        if not silencing:
            kept.append(finding)
    views = (
        CommentView(item, path, rules, active_rules(rules, config), is_used=index in used)
        for index, item in enumerate(suppressions)
    )
    about = [item for view in views for item in _about_comment(view, rules, config)]
    kept.extend(_fingerprinted(about, path.rpartition("/")[2]))
    kept.sort(key=lambda finding: (finding.span, finding.code))
    return tuple(kept)


def _silences(item: Suppression, finding: Finding) -> bool:
    if finding.code not in item.names and finding.rule not in item.names:
        return False
    span = finding.span
    return item.applies_to_file or (
        span.line <= item.target_end_line and item.target_line <= span.end_line
    )


def _about_comment(view: CommentView, rules: tuple[Rule, ...], config: Config) -> Iterator[Finding]:
    for rule in _by_subject(active_rules(rules, config))[Subject.COMMENT]:
        for finding in rule.check(view):
            yield _of_rule(finding, rule, config)


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
