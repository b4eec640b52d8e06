"""The benchmarks and the sample do what they say, on an application of three files; no test asserts a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))
from precision import Verdict, Verdicts, report
from reported import Finding, Place
from sample import draw

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"

MAIN = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root():
    time.sleep(1)
    answer = "🌍"; reply = answer
    return reply
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    package = tmp_path / "khoj" / "khoj"
    package.mkdir(parents=True)
    for name in ("__init__.py", "routes.py"):
        (package / name).write_text("", encoding="utf-8")
    (package / "main.py").write_text(MAIN, encoding="utf-8")
    return tmp_path


def run(*arguments: object) -> str:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def row(table: str, *cells: str) -> list[str]:
    """The cells of the row that has `cells` among its own."""
    for line in table.splitlines():
        found = [cell.strip() for cell in line.strip("|").split("|")]
        if all(cell in found for cell in cells):
            return found
    raise AssertionError(f"no row has {cells}: {table}")


def test_cold_measures_every_run_and_names_who_is_absent(sources: Path) -> None:
    tools = ["--tools", "unlag", "prototype", "--repeat", "2"]
    printed = run(HERE / "cold.py", "khoj", "--sources", sources, *tools)
    title, tool, cpu, wall, peak, findings, ratio, runs = row(printed, "unlag")
    assert title == "khoj: 3 files, 12 lines"
    assert (tool, findings, ratio, runs) == ("unlag", "1 (1 E, 0 W)", "1.00", "2")
    assert float(cpu) > 0
    assert float(wall) > 0
    assert float(peak.removeprefix("under ")) > 0
    assert "- prototype: not measured. no folder was named with --prototype." in printed


def test_a_check_after_an_edit_stands_beside_one_from_nothing(sources: Path) -> None:
    options = ["--repeat", "1", "--edited", "1", "2"]
    printed = run(HERE / "edited.py", "khoj", "--sources", sources, *options)
    for edited in ("1", "2"):
        assert all(float(cell) > 0 for cell in row(printed, "khoj", edited)[3:])


def test_keystrokes_are_timed_one_by_one(sources: Path) -> None:
    options = ["--lines", "12", "--places", "2", "--pause", "0"]
    printed = run(HERE / "keystrokes.py", "khoj", "--sources", sources, *options)
    cells = row(printed, "main.py")
    assert cells[1:5] == ["main.py", "12", "1", "88"]
    middle, p95, worst, _ = map(float, cells[5:])
    assert 0 < middle <= p95 <= worst
    assert "not those of the first" not in printed
    assert "published nothing" not in printed


def test_a_server_is_started_again(sources: Path) -> None:
    options = ["--repeat", "1", "--edited", "1"]
    printed = run(HERE / "starts.py", "khoj", "--sources", sources, *options)
    for what in ("nothing is in the cache", "nothing has changed", "files edited: 1"):
        first, known, used = map(float, row(printed, what)[1:4])
        assert 0 < first <= known
        assert used > 0


def test_files_come_and_go(sources: Path) -> None:
    printed = run(HERE / "files.py", "khoj", "--sources", sources)
    assert row(printed, "all are read")[:3] == ["khoj", "all are read", "3"]
    assert row(printed, "it is renamed")[2] == "2"
    assert row(printed, "a branch switch takes files away")[2] == "1"


def test_a_large_workspace_is_served(tmp_path: Path) -> None:
    printed = run(HERE / "large.py", "--files", "210")
    assert row(printed, "diagnostics of the open file")[1] == "1"
    assert "No error in the log." in printed


def test_a_work_list_filled_in_is_a_file_of_verdicts(sources: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    run(CORPUS / "sample.py", "khoj", "--sources", sources, "--output", lists)
    work = (lists / "khoj.toml").read_text("utf-8")
    (drawn,) = msgspec.toml.decode(work)["finding"]
    assert drawn["code"] == "time.sleep(1)"
    assert drawn["entry_points"] == ["GET / khoj/main.py:9 root"]
    assert drawn["entry_point_count"] == 1
    assert msgspec.toml.decode(work, type=Verdicts).finding[0].verdict == ""
    judged = work.replace('verdict = ""', 'verdict = "true"').replace("path = false", "path = true")
    (lists / "khoj.toml").write_text(judged, encoding="utf-8")
    printed = run(CORPUS / "sample.py", "--report", "--sources", sources, "--verdicts", lists)
    assert row(printed, "LAG101 blocking-call-on-loop")[1:4] == ["1", "1", "1"]
    assert "Of 1 findings drawn now, 0 are not judged." in printed


def finding(number: int, severity: str = "error", line: int = 0) -> Finding:
    trail = (Place("app/main.py", line or number, "load"),)
    return Finding(
        "LAG101",
        "blocking-call-on-loop",
        severity,
        "app/main.py",
        number,
        "It blocks.",
        trail,
        (),
        f"{number:016x}",
    )


def test_no_application_group_or_mild_finding_fills_the_draw() -> None:
    many = [finding(number) for number in range(1, 100)]
    alike = [finding(number, line=7) for number in range(1, 100)]
    mild = [finding(number, "information") for number in range(1, 100)]
    drawn = draw({"many": many, "alike": alike, "mild": mild}, 120, 1)
    assert [name for name, _ in drawn].count("many") == 30
    assert [name for name, _ in drawn].count("alike") == 3
    assert len(drawn) == 33


def test_findings_that_go_leave_the_others_drawn() -> None:
    before = draw({"one": [finding(number) for number in range(1, 30)]}, 10, 1)
    (gone, *kept) = before
    rest = [item for number in range(1, 30) if (item := finding(number)).fingerprint != gone[1]]
    after = draw({"one": rest}, 10, 1)
    assert set(kept) < set(after)
    assert len(after) == 10
    assert draw({"one": rest}, 10, 2).keys() != after.keys()


def test_verdicts_count_only_while_their_findings_stand() -> None:
    found = {"one": [finding(1), finding(2), finding(3, "hint")]}
    verdicts = [verdict(1, "true"), verdict(2, "false"), verdict(3, "true"), verdict(4, "false")]
    printed = "\n".join(report(found, draw(found, 10, 1), verdicts))
    assert row(printed, "one")[1:5] == ["2", "1", "1", "50"]
    assert "- one app/main.py:2 LAG101 blocking-call-on-loop: it runs in a thread" in printed
    assert "- one app/main.py:3 LAG101, judged true: now hint" in printed
    assert "- one app/main.py:4 LAG101, judged false: no longer reported" in printed


def verdict(number: int, said: str) -> Verdict:
    fields = {
        "fingerprint": f"{number:016x}",
        "application": "one",
        "path": "app/main.py",
        "line": number,
        "rule": "LAG101",
        "message": "It blocks.",
        "verdict": said,
        "on_request_path": True,
        "reason": "it runs in a thread",
    }
    return msgspec.convert(fields, Verdict)
