from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from .runs import Run
from .test_check import PAUSE, write

SAFE = "pause()  # finds LAG101 error time.sleep safe rest()\n"
UNSAFE = "wait()  # finds LAG102 error time.sleep unsafe idle()\n"


def test_safe_fixes_are_made_and_the_rest_is_reported(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", SAFE + UNSAFE)
    result = unlag_faked("check", "--fix")
    assert path.read_text() == "import rest\nrest()\n" + UNSAFE
    assert result.code == 1
    assert "app.py:3:1: error LAG102" in result.out
    assert "Fixed 1 finding in 1 file." in result.out
    assert "1 can be fixed with --fix --unsafe-fixes" in result.out


def test_unsafe_fixes_are_made_when_asked_for(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", SAFE + UNSAFE)
    result = unlag_faked("check", "--fix", "--unsafe-fixes")
    assert path.read_text() == "import rest\nrest()\nidle()\n"
    assert result.code == 0
    assert result.out == "Fixed 2 findings in 1 file.\nNo findings in 1 file.\n"
    assert unlag_faked("check", "--fix", "--unsafe-fixes").out == "No findings in 1 file.\n"


def test_the_same_import_is_added_once(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", SAFE * 3)
    unlag_faked("check", "--fix")
    assert path.read_text() == "import rest\n" + "rest()\n" * 3


def test_fixes_in_each_others_way_take_turns(project: Path, unlag_faked: Run) -> None:
    others = "".join(f"pause()  # finds LAG101 error x safe rest{i}()\n" for i in range(3))
    path = write(project, "app.py", others)
    assert "Fixed 3 findings in 1 file." in unlag_faked("check", "--fix").out
    imports = "import rest2\nimport rest1\nimport rest0\n"
    assert path.read_text() == imports + "rest0()\nrest1()\nrest2()\n"


def test_a_diff_writes_nothing_and_applies(project: Path, unlag_faked: Run) -> None:
    path = write(project, "api/app.py", f"x = 0\n{SAFE}{UNSAFE}y = 1")
    before = path.read_bytes()
    result = unlag_faked("check", "--diff")
    assert path.read_bytes() == before
    assert result.code == 1
    assert result.out.splitlines() == [
        "--- api/app.py",
        "+++ api/app.py",
        "@@ -1,4 +1,5 @@",
        "+import rest",
        " x = 0",
        f"-{SAFE.rstrip()}",
        "+rest()",
        f" {UNSAFE.rstrip()}",
        " y = 1",
        "\\ No newline at end of file",
    ]
    assert "Would fix 1 finding in 1 file." in result.err
    assert "Found 2 findings" in result.err


def test_a_diff_of_the_unsafe_fixes_too(project: Path, unlag_faked: Run) -> None:
    write(project, "app.py", UNSAFE)
    assert "+idle()" in unlag_faked("check", "--diff", "--unsafe-fixes").out
    assert "+idle()" not in unlag_faked("check", "--diff").out


def test_encoding_bom_line_ends_mode_and_link_are_kept(project: Path, unlag_faked: Run) -> None:
    windows = project / "windows.py"
    windows.write_bytes(b"\xef\xbb\xbfx = 1\r\n" + SAFE.replace("\n", "\r\n").encode())
    windows.chmod(0o755)
    latin = project / "real" / "latin.txt"
    latin.parent.mkdir()
    latin.write_bytes("# coding: latin-1\rs = 'é'\r".encode("latin-1") + SAFE.encode())
    (project / "latin.py").symlink_to(latin)
    result = unlag_faked("check", "--fix")
    assert result.code == 0, result
    assert windows.read_bytes() == b"\xef\xbb\xbfimport rest\r\nx = 1\r\nrest()\r\n"
    assert stat.S_IMODE(windows.stat().st_mode) == 0o755
    assert (project / "latin.py").is_symlink()
    expected = "import rest\r# coding: latin-1\rs = 'é'\rrest()\n"
    assert latin.read_bytes() == expected.encode("latin-1")


def test_a_result_that_would_not_parse_is_refused(project: Path, unlag_faked: Run) -> None:
    broken = "wait()  # finds LAG101 error x safe oops(\n"
    path = write(project, "app.py", SAFE + broken)
    result = unlag_faked("check", "--fix")
    assert path.read_text() == "import rest\nrest()\n" + broken
    assert "Fixed 1 finding" in result.out
    assert (
        "LAG101 was not fixed (Replace it with `oops(`): the result would not parse" in result.out
    )


def test_a_file_this_python_cannot_parse_is_not_edited(project: Path, unlag_faked: Run) -> None:
    text = "try: f()\nexcept* A, * B C: pass\n" + SAFE
    path = write(project, "app.py", text)
    result = unlag_faked("check", "--fix")
    assert path.read_text() == text
    assert "which runs Unlag, cannot parse the file" in result.out


def test_a_file_with_syntax_of_a_newer_python_is_edited(project: Path, unlag_faked: Run) -> None:
    newer = "try: f()\nexcept A, B: pass\n"
    path = write(project, "app.py", newer + SAFE)
    unlag_faked("check", "--fix")
    assert path.read_text() == f"import rest\n{newer}rest()\n"


def test_refusals_and_faults_are_said_and_cost_no_other_fix(
    project: Path, unlag_faked: Run
) -> None:
    trouble = "".join(
        f"wait()  # finds LAG101 error {word} safe {word}\n" for word in ("refuse", "crash")
    )
    path = write(project, "app.py", trouble + SAFE)
    result = unlag_faked("check", "--fix")
    assert path.read_text() == "import rest\n" + trouble + "rest()\n"
    assert result.out.count("was not fixed") == 2
    assert "it cannot be made here" in result.out
    assert "a fault in Unlag, report it: RuntimeError: out of order" in result.out


def test_a_fix_without_effect_is_made_once(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", "wait()  # finds LAG101 error x safe keep\n")
    result = unlag_faked("check", "--fix")
    assert path.read_text() == "keep  # finds LAG101 error x safe keep\n"
    assert "it was made, but the finding is still there" in result.out
    assert result.code == 1


def test_a_file_that_could_not_be_read_whole_is_not_edited(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", SAFE)
    folder = project / "locked"
    folder.mkdir()
    (folder / "app.py").write_bytes(b"# caf\xe9\n" + SAFE.encode())
    result = unlag_faked("check", "--fix")
    assert "import rest" in path.read_text()
    assert (folder / "app.py").read_bytes() == b"# caf\xe9\n" + SAFE.encode()
    assert "the file could not be read whole" in result.out
    assert "byte 0xe9 is not UTF-8" in result.err


def test_a_failed_write_is_a_failure(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    path = write(project, "app.py", SAFE)
    monkeypatch.setattr(os, "replace", full_disk)
    result = unlag_faked("check", "--fix", "--no-cache")
    assert result.code == 2
    assert "no space left on device" in result.err
    assert path.read_text() == SAFE


def test_the_baseline_is_not_fixed(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", SAFE)
    unlag_faked("check", "--baseline", "known.json", "--write-baseline")
    path.write_text(SAFE + SAFE.replace("pause", "linger"))
    result = unlag_faked("check", "--fix", "--baseline", "known.json")
    assert path.read_text() == f"import rest\n{SAFE}rest()\n"
    assert result.code == 0


def test_fixing_only_the_named_paths(project: Path, unlag_faked: Run) -> None:
    named = write(project, "api/app.py", SAFE)
    other = write(project, "other.py", SAFE)
    unlag_faked("check", "api", "--fix")
    assert "import rest" in named.read_text()
    assert other.read_text() == SAFE


def test_fixing_a_clean_project(project: Path, unlag_faked: Run) -> None:
    path = write(project, "app.py", PAUSE.split("  #")[0] + "\n")
    before = path.stat()
    assert unlag_faked("check", "--fix").out == "No findings in 1 file.\n"
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert unlag_faked("check", "--diff").out == ""
