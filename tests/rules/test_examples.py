"""The examples in the rules' own documentation do what they say."""

from __future__ import annotations

import pytest

from unlag.finding import Severity
from unlag.rules import Rule, load

from .suite import check, files_in, section

ALL = '[tool.unlag]\nselect = ["ALL"]\n'
RULES = pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.name)


@RULES
def test_bad_example_is_reported_where_it_says(rule: Rule) -> None:
    files, codes = files_in(section(rule.docs, "Bad"))
    found = {(f.path, f.span.line): f.code for f in check(files, ALL) if f.code == rule.code}
    assert codes
    assert found == codes


@RULES
def test_good_example_is_not_reported(rule: Rule) -> None:
    files, _ = files_in(section(rule.docs, "Good"))
    assert files
    bad = [
        f"{finding.path}:{finding.span.line} {finding.message}"
        for finding in check(files, ALL)
        if finding.code == rule.code
        or (finding.code[:4] == rule.code[:4] and finding.severity.rank <= Severity.WARNING.rank)
    ]
    assert not bad
