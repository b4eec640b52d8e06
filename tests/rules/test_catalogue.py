"""The rules are those of the catalogue: names, codes, severities, and a suite each."""

from __future__ import annotations

import pytest

from unlag.rules import load

from .suite import FOLDER, cases, known_wrong

CATALOGUE = {
    "LAG101": ("blocking-call-on-loop", "error", True),
    "LAG102": ("blocking-helper-on-loop", "error", True),
    "LAG103": ("cpu-bound-on-loop", "error", True),
    "LAG104": ("sync-wait-on-loop", "error", True),
    "LAG105": ("nested-event-loop", "error", True),
    "LAG106": ("missing-await", "error", True),
    "LAG107": ("dropped-task", "warning", True),
    "LAG108": ("sequential-awaits", "hint", True),
    "LAG109": ("await-in-loop", "hint", False),
    "LAG110": ("unbounded-gather", "warning", True),
}
RULES = {rule.code: rule for rule in load()}


@pytest.mark.parametrize("code", CATALOGUE)
def test_rule_is_as_in_the_catalogue(code: str) -> None:
    rule = RULES[code]
    assert (rule.name, rule.severity.value, rule.enabled) == CATALOGUE[code]


def test_codes_and_names_are_unique() -> None:
    assert len(RULES) == len(load())
    assert len({rule.name for rule in load()}) == len(load())


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.name)
def test_rule_has_a_suite_that_can_fail_both_ways(rule: object) -> None:
    name = getattr(rule, "name", "")
    mine = [case for case in cases() if case.suite == name.replace("-", "_")]
    reported = [case for case in mine if any(mark.rule == name for mark in case.marks)]
    silent = [case for case in mine if not any(mark.rule == name for mark in case.marks)]
    assert reported, f"{name} has no case that must be reported"
    assert len(silent) >= 3, f"{name} has fewer than three near misses"
    assert any(len(case.files) > 1 for case in mine), f"{name} has no case over two files"


def test_every_suite_is_of_a_rule() -> None:
    modules = {rule.name.replace("-", "_") for rule in load()}
    assert {path.stem for path in FOLDER.glob("*.md")} <= modules | {"KNOWN"}


def test_known_wrong_cases_exist() -> None:
    wrong = {case for case in known_wrong() if not case.startswith("shop: ")}
    assert wrong <= {case.id for case in cases()}
