"""The sample shop: everything its list expects is reported, and nothing else.

Checks without what reading files from disk adds: the texts are handed over as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from unlag.deployment.names import kind_of
from unlag.finding import Finding, Severity
from unlag.rules import load

from .suite import check, known_wrong

SAMPLES = Path(__file__).parents[1] / "samples"
OPT_IN = '[tool.unlag]\nselect = ["ALL"]\n'
CODES = {rule.code for rule in load()}
FAMILIES = sorted({rule.family.replace(" ", "_") for rule in load()})
MILD = (Severity.INFORMATION, Severity.HINT)
Entry = dict[str, Any]


@lru_cache(maxsize=1)
def texts() -> Mapping[str, str]:
    shop = SAMPLES / "shop"
    files = [
        path
        for path in sorted(shop.rglob("*"))
        if path.suffix == ".py" or kind_of(path.as_posix()) is not None
    ]
    return {path.relative_to(shop).as_posix(): path.read_text("utf-8") for path in files}


@lru_cache(maxsize=2)
def findings(settings: str = "") -> tuple[Finding, ...]:
    return check(texts(), settings)


def entries(kind: str) -> list[Entry]:
    """What the lists of all families say, each entry with its family's first code letters."""
    found: list[Entry] = []
    for family in FAMILIES:
        content = msgspec.toml.decode((SAMPLES / "expected" / f"{family}.toml").read_bytes())
        for entry in content.get(kind, []):
            entry.setdefault("codes", [entry["code"]] if "code" in entry else _codes_of(family))
            found.append(entry)
    return [entry for entry in found if not CODES.isdisjoint(entry["codes"])]


def _codes_of(family: str) -> list[str]:
    return [rule.code for rule in load() if rule.family.replace(" ", "_") == family]


def is_about(finding: Finding, entry: Entry) -> bool:
    return finding.code in entry["codes"] and stands_at(finding, entry)


def named(entry: Entry) -> str:
    return f"{entry.get('code', '')} {entry['path']} {entry['function']}: {entry['line'][:60]}"


def line_of(finding: Finding) -> str:
    return texts()[finding.path].split("\n")[finding.span.line - 1].strip()


def stands_at(finding: Finding, entry: Entry) -> bool:
    lines = (entry["line"], entry.get("or_line"))
    paths = (entry["path"], entry.get("or_path"))
    is_here = finding.path in paths and line_of(finding) in lines
    return is_here and (finding.function == entry["function"] or "or_path" in entry)


def expected() -> list[object]:
    """The expected entries, those that the engine gets wrong today as expected failures."""
    wrong = known_wrong()
    return [
        pytest.param(
            entry,
            id=named(entry),
            marks=[pytest.mark.xfail(reason=wrong[id_of(entry)], strict=True)]
            if id_of(entry) in wrong
            else [],
        )
        for entry in entries("expected")
    ]


def id_of(entry: Entry) -> str:
    """How KNOWN.md calls an entry."""
    return f"shop: {entry['code']} {entry['path']} {entry['function']}"


@pytest.mark.parametrize("entry", expected())
def test_expected_is_reported(entry: Entry) -> None:
    chosen = findings(OPT_IN if entry.get("opt_in") else "")
    codes = (entry["code"], entry.get("taken_over_by"))
    found = [item for item in chosen if item.code in codes and stands_at(item, entry)]
    assert found, [item.message for item in chosen if stands_at(item, entry)]
    assert {item.severity.value for item in found} == {entry["severity"]}
    if "sink" in entry:
        right = {entry["sink"], *entry.get("other_sinks", ())}
        assert {item.sink for item in found} & right, [item.sink for item in found]


@pytest.mark.parametrize("entry", entries("silent"), ids=named)
def test_silent_is_not_reported(entry: Entry) -> None:
    assert not [item.message for item in findings() if is_about(item, entry)]


@pytest.mark.parametrize("entry", entries("mild"), ids=named)
def test_mild_is_at_most_information(entry: Entry) -> None:
    assert not [
        item.message for item in findings() if is_about(item, entry) and item.severity not in MILD
    ]


def test_known_wrong_entries_exist() -> None:
    known = {id_of(entry) for entry in entries("expected")}
    assert {case for case in known_wrong() if case.startswith("shop: ")} <= known


def test_nothing_else_is_above_information() -> None:
    listed = [*entries("expected"), *entries("optional")]
    assert not [
        f"{item.path}:{item.span.line} {item.code} {item.message}"
        for item in findings()
        if item.severity not in MILD and not any(stands_at(item, entry) for entry in listed)
    ]
