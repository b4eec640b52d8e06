"""The rules are those of the catalogue: names, codes, severities, and a suite each."""

from __future__ import annotations

import msgspec
import pytest

from unlag.rules import Rule, load

from .suite import FOLDER, cases, known_wrong

CATALOGUE = msgspec.toml.decode((FOLDER / "catalogue.toml").read_bytes())


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.name)
def test_rule_is_as_in_the_catalogue(rule: Rule) -> None:
    row = {"name": rule.name, "severity": rule.severity.value, "enabled": rule.enabled}
    assert row == CATALOGUE[rule.code]


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in load()}) == len(load())
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
