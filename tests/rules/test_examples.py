"""The examples in the rules' own documentation do what they say."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
def test_no_rule_has_anything_to_say_of_a_good_example(rule: Rule) -> None:
    files, _ = files_in(section(rule.docs, "Good"))
    assert files
    found = check(files, ALL)
    assert not [f"{f.path}:{f.span.line} {f.code} {f.message}" for f in found]


@RULES
@pytest.mark.parametrize("part", ["Bad", "Good"])
def test_example_starts(
    rule: Rule, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _ = files_in(section(rule.docs, part))
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with without_modules_of("app"), refused(rule, part):
        for path in files:
            if path.endswith(".py"):
                importlib.import_module(path.removesuffix(".py").replace("/", "."))


@contextlib.contextmanager
def without_modules_of(package: str) -> Iterator[None]:
    """Each example is imported under the same names, and skipped where it needs what is not installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        pytest.skip(str(missing))
    finally:
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[name]


def refused(rule: Rule, part: str) -> contextlib.AbstractContextManager[object]:
    """What one rule reports is that its example does not start."""
    if (rule.code, part) == ("LAG206", "Bad"):
        return pytest.raises(RuntimeError, match="event loop")
    return contextlib.nullcontext()
