from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from unlag.cli import terminal
from unlag.cli.report import Report
from unlag.config import Config
from unlag.workspace import Change

from . import fake_engine
from .runs import Run
from .test_check import HELPERS, PAUSE, write

SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text("utf-8"))
FIXABLE = "    '😀', pause()  # finds LAG101 error time.sleep from /a safe '😀', rest()\n"
APP = f"async def view():\n{HELPERS}{FIXABLE}"


def checked_json(unlag_faked: Run, *arguments: str) -> Any:
    return json.loads(unlag_faked("check", "--output-format", "json", *arguments).out)


def checked_sarif(unlag_faked: Run, *arguments: str) -> Any:
    log = json.loads(unlag_faked("check", "--output-format", "sarif", *arguments).out)
    jsonschema.Draft202012Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return run


def test_json_has_every_field_of_a_finding(project: Path, unlag_faked: Run) -> None:
    write(project, "api/app.py", APP)
    document = checked_json(unlag_faked)
    assert document["version"] == 1
    first, _, last = document["findings"]
    assert first == {
        "code": "LAG102",
        "rule": "blocking-helper-on-loop",
        "severity": "warning",
        "path": "api/app.py",
        "line": 2,
        "column": 5,
        "end_line": 2,
        "end_column": 13,
        "message": "`requests.get` blocks the event loop. Do not call it.",
        "trail": [
            {"path": "api/app.py", "line": 2, "column": 5, "function": "view"},
            {"path": "db.py", "line": 9, "column": 1, "function": "helper"},
        ],
        "entry_points": [
            {"method": "GET", "route": route, "function": "view", "path": "api/app.py", "line": 1}
            for route in ("/a", "/b")
        ],
        "fixes": [],
        "fingerprint": first["fingerprint"],
    }
    assert last["fixes"] == [{"title": "Replace it with `'😀', rest()`", "safety": "safe"}]
    assert (last["column"], last["end_column"]) == (5, 17)


def test_json_sums_up(project: Path, unlag_faked: Run) -> None:
    write(project, "app.py", APP)
    write(project, "broken.py", "def f(:\n")
    summary = checked_json(unlag_faked, "--statistics")["summary"]
    assert summary["findings"] == 3
    assert summary["severities"] == {"error": 2, "warning": 1, "information": 0, "hint": 0}
    assert (summary["safe_fixes"], summary["unsafe_fixes"]) == (1, 0)
    assert summary["groups"][0] == {
        "code": "LAG102",
        "rule": "blocking-helper-on-loop",
        "severity": "error",
        "sink": "requests.get",
        "path": "db.py",
        "line": 9,
        "findings": 2,
        "entry_points": 3,
    }
    (problem,) = summary["problems"]
    assert (problem["path"], problem["line"], problem["fatal"]) == ("broken.py", 1, False)
    assert summary["statistics"]["files"] == 2
    assert summary["libraries"] == []
    write(project, "requirements.txt", "fastapi>=0.115\n")
    (library,) = checked_json(unlag_faked, "--statistics")["summary"]["libraries"]
    assert library == {"name": "fastapi", "version": ">=0.115", "source": "requirements.txt"}
    assert {"statistics", "libraries"}.isdisjoint(checked_json(unlag_faked)["summary"])


def test_paths_outside_the_working_directory_stay_relative(
    project: Path, unlag_faked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "api/app.py", PAUSE)
    (project / "elsewhere").mkdir()
    monkeypatch.chdir(project / "elsewhere")
    assert checked_json(unlag_faked, "..")["findings"][0]["path"] == "../api/app.py"


def test_sarif_keeps_to_the_official_schema(project: Path, unlag_faked: Run) -> None:
    write(project, "api/my app.py", APP)
    write(project, "api/broken.py", "def f(:\n")
    run = checked_sarif(unlag_faked)
    assert run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["LAG101", "LAG102", "LAG109"]
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"]
    assert len(invocation["toolExecutionNotifications"]) == 1
    first, _, last = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("LAG102", 1, "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "api/my%20app.py", "uriBaseId": "SRCROOT"}
    assert place["region"] == {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 13}
    flow = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow] == [
        "GET /a (view)",
        "view calls helper()",
        "helper calls requests.get",
    ]
    (fix,) = last["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "api/my%20app.py"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
            "insertedContent": {"text": "import rest\n"},
        },
        {
            "deletedRegion": {
                "startLine": 4,
                "startColumn": 5,
                "endLine": 4,
                "endColumn": len(FIXABLE),
            },
            "insertedContent": {"text": "'😀', rest()"},
        },
    ]


@pytest.mark.parametrize("fix", ["refuse", "crash"])
def test_sarif_leaves_a_fix_out_that_cannot_be_made(
    project: Path, unlag_faked: Run, fix: str
) -> None:
    write(project, "main.py", f"pause()  # finds LAG101 error time.sleep safe {fix}\n")
    (result,) = checked_sarif(unlag_faked)["results"]
    assert "fixes" not in result


@pytest.mark.parametrize("content", ["x = 1\n", None])
def test_sarif_of_nothing_is_valid(project: Path, unlag_faked: Run, content: str | None) -> None:
    if content:
        write(project, "main.py", content)
    run = checked_sarif(unlag_faked)
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is (content is not None)


def test_github_annotations_are_escaped(project: Path, unlag_faked: Run) -> None:
    write(project, "a,b:c%.py", PAUSE)
    lines = unlag_faked("check", "--output-format", "github").out.splitlines()
    assert lines[0] == (
        "::error file=a%2Cb%3Ac%25.py,line=5,endLine=5,title=LAG101 blocking-call-on-loop,"
        "col=5,endColumn=18::`time.sleep` blocks the event loop. Do not call it."
    )


def test_github_annotations_tell_the_way_and_the_problems(project: Path, unlag_faked: Run) -> None:
    write(project, "app.py", f"async def view():\n{HELPERS}")
    write(project, "broken.py", "x = 1\ndef f(:\n")
    result = unlag_faked("check", "--output-format", "github")
    problem, first = result.out.splitlines()[:2]
    assert problem.startswith(
        "::warning file=broken.py,title=Unlag could not read everything,line=2"
    )
    assert first.startswith("::warning file=app.py,")
    assert first.endswith(
        "%0AReached from GET /a (view) and 1 more.%0Aapp.py:2: view calls helper()"
        "%0Adb.py:9: helper calls requests.get"
    )
    assert result.err == ""


def shown(report: Report, text: str, width: int = 100) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    terminal.show(console, report, lambda path: text.split("\n"), statistics=False)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def reported(project: Path, text: str) -> Report:
    path = str(project / "app.py")
    workspace = fake_engine.Workspace((str(project),), Config())
    snapshot = workspace.apply([Change(path, text)])
    return Report(snapshot.findings[path], statistics={"files": 1})


def test_a_terminal_gets_frame_way_and_fix(project: Path) -> None:
    text = APP.replace("helper()", "view(load)").replace("from /a,/b", "from /a")
    lines = shown(reported(project, text), text)
    frame = lines.index("app.py:4:5  error LAG101 blocking-call-on-loop")
    assert lines[frame + 1 : frame + 7] == [
        "`time.sleep` blocks the event loop. Do not call it.",
        f"  3 | {text.splitlines()[2]}",
        f"  4 | {text.splitlines()[3]}",
        "    |     ~~~~~~~~~~~~~",  # the emoji takes two places
        "  GET /a (view)",
        "  safe fix: Replace it with `'😀', rest()`",
    ]
    way = lines.index("app.py:2:5  warning LAG102 blocking-helper-on-loop")
    assert lines[way + 5 : way + 9] == [
        "  GET /a (view)",
        "  └── view(load)  app.py:2",
        "      └── requests.get  db.py:9",
        "  also at app.py:3",
    ]
    assert [" ".join(line.split()) for line in lines if line.startswith("LAG10")] == [
        "LAG102 requests.get db.py:9 3 endpoints",
        "LAG101 time.sleep app.py:4 1 endpoint",
    ]
    assert lines[-2:] == [
        "Found 3 findings in 1 file: 2 errors, 1 warning.",
        "1 can be fixed with --fix.",
    ]


def test_a_terminal_report_stands_without_its_source(project: Path) -> None:
    report = reported(project, PAUSE)
    assert "app.py:5:5  error LAG101 blocking-call-on-loop" in shown(report, "")


def test_square_brackets_are_text(project: Path) -> None:
    text = "a[b]()  # finds LAG101 error [red]sink[/red] from /a[bold] safe [/x]\n"
    out = "\n".join(shown(reported(project, text), text))
    for part in ("a[b]()", "`[red]sink[/red]`", "/a[bold]", "`[/x]`"):
        assert part in out
