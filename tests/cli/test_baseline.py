from __future__ import annotations

import json
from pathlib import Path

import pytest

from .runs import Run
from .test_check import write

ONE = "a()  # finds LAG101 error time.sleep\n"
TWO = "b()  # finds LAG102 warning requests.get\n"


@pytest.fixture
def accepted(project: Path, unlag_faked: Run) -> Path:
    write(project, "app.py", ONE + TWO + TWO)
    result = unlag_faked("check", "--baseline", "known.json", "--write-baseline")
    assert result == (0, "Wrote 3 findings to known.json.\n", "")
    return project / "known.json"


def test_the_file_is_sorted_and_stable(accepted: Path, unlag_faked: Run) -> None:
    written = accepted.read_bytes()
    document = json.loads(written)
    assert document["version"] == 1
    assert [(entry["path"], entry["rule"], entry["count"]) for entry in document["findings"]] == [
        ("app.py", "blocking-call-on-loop", 1),
        ("app.py", "blocking-helper-on-loop", 2),
    ]
    unlag_faked("check", "--baseline", "known.json", "--write-baseline", "--no-cache")
    assert accepted.read_bytes() == written


def test_only_new_findings_are_reported(accepted: Path, unlag_faked: Run) -> None:
    result = unlag_faked("check", "--baseline", "known.json")
    assert result.code == 0
    assert result.out == "No new findings in 1 file.\nThe baseline covers 3 more findings.\n"
    write(accepted.parent, "app.py", f"\n\n{TWO}x = 1\n{TWO}{TWO}{ONE}")
    result = unlag_faked("check", "--baseline", "known.json")
    assert result.code == 1
    assert "Found 1 new finding in 1 file: 1 warning." in result.out


def test_what_no_longer_occurs_is_said(accepted: Path, unlag_faked: Run) -> None:
    write(accepted.parent, "app.py", TWO)
    out = unlag_faked("check", "--baseline", "known.json").out
    assert "2 findings of the baseline no longer occur:" in out
    assert "  app.py: blocking-call-on-loop\n  app.py: blocking-helper-on-loop\n" in out
    summary = json.loads(
        unlag_faked("check", "--baseline", "known.json", "--output-format=json").out
    )
    assert [entry["count"] for entry in summary["summary"]["stale"]] == [1, 1]


def test_the_same_finding_in_another_file_is_new(accepted: Path, unlag_faked: Run) -> None:
    write(accepted.parent, "app.py", TWO + TWO)
    write(accepted.parent, "api/app.py", ONE)
    out = unlag_faked("check", "--baseline", "known.json").out
    assert "Found 1 new finding in 1 file: 1 error." in out
    assert "1 finding of the baseline no longer occurs:\n  app.py: blocking-call-on-loop\n" in out


def test_a_baseline_holds_from_any_working_directory(
    accepted: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (accepted.parent / "docs").mkdir()
    monkeypatch.chdir(accepted.parent / "docs")
    assert unlag_faked("check", "..", "--baseline", "../known.json").code == 0


def test_what_was_not_checked_is_not_called_gone(accepted: Path, unlag_faked: Run) -> None:
    write(accepted.parent, "other/x.py", "x = 1\n")
    out = unlag_faked("check", "other", "--baseline", "known.json").out
    assert "no longer occur" not in out
    for arguments in (("--select", "LAG101"), ("--ignore", "blocking-helper-on-loop")):
        result = unlag_faked("check", *arguments, "--baseline", "known.json")
        assert (result.code, "no longer occur" in result.out) == (0, False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no such baseline. Write it with --write-baseline."),
        (b"{", "This is no baseline of Unlag"),
        (b'{"findings": 3}', "Expected `array`"),
        (b'{"version": 9}', "has version 9"),
        (b"\xff", "This is no baseline"),
    ],
)
def test_a_baseline_that_cannot_be_used_fails_the_run(
    project: Path, unlag_faked: Run, content: bytes | None, words: str
) -> None:
    write(project, "app.py", ONE)
    if content is not None:
        (project / "known.json").write_bytes(content)
    result = unlag_faked("check", "--baseline", "known.json")
    assert result.code == 2
    assert words in result.err
    assert result.out == ""


def test_a_baseline_that_cannot_be_written_fails_the_run(project: Path, unlag_faked: Run) -> None:
    write(project, "app.py", ONE)
    result = unlag_faked("check", "--baseline", "no/folder/known.json", "--write-baseline")
    assert result.code == 2
    assert "cannot be written" in result.err


def test_what_was_not_checked_stays_in_the_baseline(accepted: Path, unlag_faked: Run) -> None:
    write(accepted.parent, "api/app.py", ONE)
    result = unlag_faked("check", "api", "--baseline", "known.json", "--write-baseline")
    assert result.out == (
        "Wrote 1 finding to known.json.\nIt keeps 3 findings that this run did not look for.\n"
    )
    assert unlag_faked("check", "--baseline", "known.json").code == 0
    write(accepted.parent, "app.py", "")
    assert unlag_faked("check", "--baseline", "known.json", "--write-baseline").out == (
        "Wrote 1 finding to known.json.\n"
    )
