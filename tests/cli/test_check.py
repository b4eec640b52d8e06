from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from . import fake_engine
from .runs import Run

PAUSE = "import time\n\n\nasync def view():\n    time.sleep(1)  # finds LAG101 error time.sleep\n"
HELPERS = "".join(
    f"    helper()  # finds LAG102 {severity} requests.get at db.py:9 from {routes}\n"
    for severity, routes in [("warning", "/a,/b"), ("error", "/b,/c")]
)


def write(project: Path, name: str, text: str) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_findings_are_printed_and_the_exit_code_tells(project: Path, unlag_faked: Run) -> None:
    write(project, "main.py", PAUSE)
    result = unlag_faked("check")
    assert result.code == 1
    assert result.err == ""
    assert result.out.splitlines() == [
        "main.py:5:5: error LAG101 blocking-call-on-loop: "
        "`time.sleep` blocks the event loop. Do not call it.",
        "",
        "What it comes down to:",
        "  error        LAG101  time.sleep at main.py:5: 1 place",
        "",
        "Found 1 finding in 1 file: 1 error.",
    ]


def test_a_clean_project_is_said_to_be_clean(project: Path, unlag_faked: Run) -> None:
    write(project, "main.py", "x = 1\n")
    assert unlag_faked("check") == (0, "No findings in 1 file.\n", "")


def test_a_helper_of_many_endpoints_is_one_entry(project: Path, unlag_faked: Run) -> None:
    write(project, "app.py", f"async def view():\n{HELPERS}")
    out = unlag_faked("check").out
    assert "  error        LAG102  requests.get at db.py:9: 3 endpoints, 2 places" in out
    assert "    reached from GET /a (view) and 1 more" in out
    assert "    db.py:9: helper calls requests.get" in out
    assert "Found 2 findings in 1 file: 1 error, 1 warning." in out


def test_findings_are_reported_for_the_named_paths_of_the_whole_project(
    project: Path, unlag_faked: Run
) -> None:
    write(project, "api/main.py", PAUSE)
    write(project, "other.py", PAUSE)
    result = unlag_faked("check", "api", "--statistics")
    assert "other.py" not in result.out
    assert "Found 1 finding in 1 file" in result.out
    assert "     2  files" in result.out
    write(project, "api/main.py", "")
    write(project, "Procfile", "web: python main.py\n")
    assert unlag_faked("check", "api").out == "No findings in 1 file.\n"
    assert unlag_faked("check", "api", "Procfile").out == "No findings in 2 files.\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["LAG101", "LAG102"]),
        (("--select", "LAG101"), ["LAG101"]),
        (("--select", "LAG1", "--ignore", "blocking-call-on-loop"), ["LAG102"]),
        (("--select", "await-in-loop,LAG101"), ["LAG101", "LAG109"]),
        (("--select", "LAG101", "--select", "LAG109"), ["LAG101", "LAG109"]),
        (("--ignore", "LAG1"), []),
    ],
)
def test_rules_are_chosen(
    project: Path, unlag_faked: Run, arguments: tuple[str, ...], expected: list[str]
) -> None:
    lines = [f"a()  # finds LAG{number} error a\n" for number in (101, 102, 109)]
    write(project, "main.py", "".join(lines))
    out = unlag_faked("check", *arguments).out
    assert [code for code in ("LAG101", "LAG102", "LAG109") if f"error {code} " in out] == expected


def test_the_command_line_names_a_rule_against_the_file(project: Path, unlag_faked: Run) -> None:
    write(project, "pyproject.toml", '[tool.unlag]\nignore = ["LAG101", "LAG102"]\n')
    write(project, "main.py", PAUSE)
    assert unlag_faked("check").code == 0
    assert unlag_faked("check", "--select", "LAG102").code == 0
    assert unlag_faked("check", "--select", "LAG101").code == 1


def test_statistics_count_rules_files_lines_and_seconds(project: Path, unlag_faked: Run) -> None:
    write(project, "a.py", PAUSE * 2)
    write(project, "b.py", f"async def view():\n{HELPERS}")
    lines = unlag_faked("check", "--statistics").out.splitlines()
    assert "     2  LAG101  blocking-call-on-loop" in lines
    assert "     2  LAG102  blocking-helper-on-loop" in lines
    assert "     2  files" in lines
    assert "    13  lines" in lines
    assert any(line.endswith("  seconds") for line in lines)


def test_statistics_name_the_versions_that_rules_went_by(project: Path, unlag_faked: Run) -> None:
    write(project, "a/main.py", PAUSE)
    write(project, "b/main.py", PAUSE)
    write(project, "b/requirements.txt", "fastapi==0.115.0\npydantic>=2\nrequests==2.0\n")
    line = "        fastapi 0.115.0, pydantic >=2 (b/requirements.txt)"
    assert line in unlag_faked("check", "--statistics").out.splitlines()
    assert line in unlag_faked("check", "b", "--statistics").out.splitlines()
    assert "newest version of every" in unlag_faked("check", "a", "--statistics").out
    assert "requirements" not in unlag_faked("check").out


def test_exit_zero_forgives_findings_but_no_failure(project: Path, unlag_faked: Run) -> None:
    write(project, "main.py", PAUSE)
    assert unlag_faked("check", "--exit-zero").code == 0
    assert unlag_faked("check", "missing", "--exit-zero").code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "LAG999"), "`LAG999` is no rule"),
        (("--ignore", "blocking-cal-on-loop"), "did you mean `blocking-call-on-loop`?"),
        (("--unsafe-fixes",), "wants --fix"),
        (("--write-baseline",), "wants --baseline"),
        (("--diff", "--output-format", "json"), "leave --output-format out"),
        (("--output-format", "xml"), "xml"),
        (("--python", "nowhere/python"), "leads to no environment"),
        (("--frobnicate",), "--frobnicate"),
    ],
)
def test_misuse_is_said(
    project: Path, unlag_faked: Run, arguments: tuple[str, ...], words: str
) -> None:
    write(project, "main.py", PAUSE)
    result = unlag_faked("check", *arguments)
    assert result.code == 2
    assert words in result.err
    assert result.out == ""


def test_versions_come_from_the_named_environment(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = project / "env" / "lib" / "python3.12" / "site-packages"
    (packages / "fastapi-0.128.0.dist-info").mkdir(parents=True)
    (packages / "pydantic-2.12.3.dist-info").mkdir()
    (packages / "pydantic_core-2.41.0.dist-info").mkdir()
    interpreter = write(project, "env/bin/python", "")
    write(project, "main.py", "")
    seen = []

    class Spy(fake_engine.Workspace):
        def _findings(self, path: str) -> tuple[()]:
            config = self._config_for(path)
            seen.append([item.spoken for item in config.versions.known])
            return ()

    monkeypatch.setattr("unlag.cli.analysis.Workspace", Spy)
    unlag_faked("check", "main.py", "--python", str(interpreter))
    unlag_faked(
        "check", "main.py", "--no-cache"
    )  # env/ is where a project's environment is looked for
    write(project, "pyproject.toml", '[tool.unlag]\nfastapi = "0.110"\n')
    unlag_faked("check", "main.py", "--python", str(project / "env"))
    assert seen == [["0.128.0", "2.12.3"]] * 2 + [["0.110", "2.12.3"]]


def test_the_collector_is_off_during_a_run_and_on_again_after_it(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = []

    class Spy(fake_engine.Workspace):
        def _findings(self, path: str) -> tuple[()]:
            states.append(gc.isenabled())
            return ()

    monkeypatch.setattr("unlag.cli.analysis.Workspace", Spy)
    write(project, "main.py", PAUSE)
    unlag_faked("check")
    assert states == [False]
    assert gc.isenabled()


def test_nothing_changed_means_nothing_is_analysed(project: Path, unlag_faked: Run) -> None:
    path = write(project, "main.py", PAUSE)
    first = unlag_faked("check")
    runs = fake_engine.Workspace.runs
    assert unlag_faked("check") == first
    os.utime(path)  # a new time, the same text
    assert unlag_faked("check") == first
    assert fake_engine.Workspace.runs == runs
    assert unlag_faked("check", "--no-cache") == first
    assert fake_engine.Workspace.runs == runs + 1
    path.write_text("x = 1\n")
    assert unlag_faked("check").code == 0
    path.write_text(PAUSE)
    write(project, "more.py", PAUSE)
    assert "Found 2 findings" in unlag_faked("check").out
    write(project, "pyproject.toml", '[tool.unlag]\nignore = ["LAG101"]\n')
    assert unlag_faked("check").code == 0


def test_a_cache_that_cannot_be_used_is_no_error(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "main.py", PAUSE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(write(project, "file", "")))
    assert unlag_faked("check").code == 1
    cache = project / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert unlag_faked("check").code == 1
    for kept in (cache / "unlag" / "kept").iterdir():
        kept.write_bytes(b"\xff nonsense")
    assert unlag_faked("check").code == 1


def test_progress_is_shown_on_a_terminal_when_it_takes_long(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "main.py", PAUSE)
    assert "\r" not in unlag_faked("check", "--no-cache").err
    monkeypatch.setattr("unlag.cli.progress.PATIENCE", -1.0)
    assert "\r" not in unlag_faked("check", "--no-cache").err  # a pipe
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    shown = unlag_faked("check", "--no-cache").err
    assert "Reading 1 of 2 files ..." in shown  # the other one is pyproject.toml
    assert shown.endswith("\r\x1b[K")
