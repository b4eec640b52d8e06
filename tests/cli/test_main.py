from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import unlag as package
from unlag import rules

from .runs import Run
from .test_check import PAUSE, write

OPTIONS = (
    *("--select", "--ignore", "--fix", "--unsafe-fixes", "--diff", "--output-format"),
    *("--baseline", "--write-baseline", "--exit-zero", "--statistics", "--no-cache", "--python"),
)
COMMAND = [sys.executable, "-m", "unlag"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}


def test_version_and_help(unlag: Run) -> None:
    assert unlag("--version").out == f"unlag {package.__version__}\n"
    assert unlag("-h").code == 0
    out = unlag("check", "--help").out
    for option in OPTIONS:
        assert option in out
    assert "Exit code: 0 nothing found" in out


def test_no_command_is_misuse(unlag: Run) -> None:
    assert unlag().code == 2
    assert unlag("chekc").code == 2


def test_an_unexpected_error_is_one_line(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **named: object) -> None:
        raise RuntimeError("out\nof order")

    write(project, "main.py", PAUSE)
    monkeypatch.setattr("unlag.cli.analysis.Workspace", broken)
    result = unlag_faked("check")
    assert result.code == 2
    assert result.out == ""
    (line,) = result.err.splitlines()
    assert line.startswith(
        "unlag: this is a fault in Unlag: RuntimeError: out of order (test_main.py:"
    )
    assert "UNLAG_TRACEBACK=1" in line
    monkeypatch.setenv("UNLAG_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        unlag_faked("check")


def test_an_interrupt_is_quiet(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    write(project, "main.py", PAUSE)
    monkeypatch.setattr("unlag.cli.analysis.Workspace", interrupted)
    result = unlag_faked("check")
    assert (result.code, result.out, result.err.strip()) == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    write(project, "main.py", "x = 1\n")
    run = subprocess.run(
        ["bash", "-c", f"{COMMAND[0]} -m unlag rules | true; exit ${{PIPESTATUS[0]}}"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("", "")
    assert run.returncode in (0, 1)  # click ends with 1 where it writes itself


def test_a_stream_that_cannot_show_a_character(project: Path) -> None:
    write(project, "\U0001f600.py", "def f(:\n")
    run = subprocess.run(
        [*COMMAND, "check"],
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("\\U0001f600.py:1:")


def test_a_check_imports_nothing_it_does_not_need(project: Path) -> None:
    write(project, "main.py", "x = 1\n")
    program = (
        "import sys\n"
        "from unlag.__main__ import main\n"
        "try: main(['check'])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    said, loaded = run.stdout.splitlines()
    assert said == "No findings in 1 file."
    unwanted = {
        "pygls",
        "lsprotocol",
        "libcst",
        "jedi",
        "parso",
        "rich",
        "yaml",
        "dockerfile_parse",
    }
    assert not (unwanted | {"importlib.metadata", "packaging"}) & set(loaded.split())


def test_rules_are_listed(unlag: Run) -> None:
    lines = unlag("rules").out.splitlines()
    assert lines[0].split() == ["code", "name", "severity", "default", "what", "it", "finds"]
    assert len(lines) == len(rules.load()) + 1
    assert any(line.startswith("LAG101  blocking-call-on-loop ") for line in lines)
    listed = unlag("rules", "--output-format", "json").out
    assert '"code": "LAG101"' in listed


def test_a_rule_is_explained_by_code_and_by_name(unlag: Run) -> None:
    page = unlag("explain", "LAG101").out
    assert page.startswith("# blocking-call-on-loop (LAG101)")
    assert "## Why it is slow" in page
    assert unlag("explain", "blocking-call-on-loop").out == page
    assert unlag("explain", "lag101").out == page


def test_explaining_what_is_no_rule(unlag: Run) -> None:
    result = unlag("explain", "blocking-cal-on-loop")
    assert result.code == 2
    assert "did you mean `blocking-call-on-loop`?" in result.err


def test_the_page_of_a_rule_is_formatted_on_a_terminal(
    unlag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    page = unlag("explain", "LAG101").out
    assert "Why it is slow" in page
    assert "## Why it is slow" not in page


def test_endpoints_are_listed(project: Path, unlag_faked: Run) -> None:
    write(project, "api/main.py", "@app.get('/x')\n" + PAUSE.split("\n\n\n")[1])
    result = unlag_faked("endpoints")
    assert result.code == 0
    assert [" ".join(line.split()) for line in result.out.splitlines()] == [
        "method route runs in hops twice findings function where",
        "GET /x event loop 1 1 x api/main.py:1",
    ]
    listed = unlag_faked("endpoints", "api", "--output-format", "json").out
    assert '"route": "/x"' in listed
    assert '"path": "api/main.py"' in listed


def test_no_endpoints(project: Path, unlag_faked: Run) -> None:
    write(project, "main.py", "x = 1\n")
    result = unlag_faked("endpoints")
    assert (result.code, result.out) == (0, "")
    assert "No endpoints" in result.err
    assert unlag_faked("endpoints", "missing").code == 2


def test_the_server_refuses_both_ways_of_speaking(unlag: Run) -> None:
    assert unlag("server", "--tcp", "localhost:1", "--stdio").code == 2
