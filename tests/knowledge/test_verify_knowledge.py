"""The knowledge files hold against the real packages; the checks notice when one does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from examine import Report, examine
from verify import main, needed, parsed, run_inside, table

STANDARD_LIBRARY = [
    "archives",
    "asyncio",
    "builtins",
    "compression",
    "file_helpers",
    "functional",
    "futures",
    "hashlib",
    "internet",
    "json",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "serialization",
    "shutil",
    "signals",
    "sockets",
    "sqlite3",
    "subprocess",
    "tempfile",
    "terminal",
    "threading",
    "time",
]
SMALL_PACKAGES = ["anyio", "aiofiles", "httpx", "starlette_concurrency"]


def problems(**knowledge: Any) -> list[str]:
    """What is found wrong in a knowledge file that says only this."""
    report = examine({"modules": ["asyncio"], **knowledge})
    return [f"{failure.name} {failure.problem}" for failure in report.failures]


def test_standard_library_and_small_packages_hold(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--shared", "--only", *STANDARD_LIBRARY, *SMALL_PACKAGES])
    printed = capsys.readouterr().out
    assert status == 0, printed
    assert int(printed.splitlines()[-1].split()[1]) > 1000


def test_true_entries_are_counted_and_not_reported() -> None:
    entry = {"cost": "sleep", "names": ["time.sleep"], "counterpart": "asyncio.sleep"}
    assert examine({"modules": ["time"], "blocking": [entry]}) == Report(2, 0, ())


@pytest.mark.parametrize("name", ["time.doze", "asyncio.Queue.fetch", "no_such_package_.call"])
def test_wrong_name_is_reported(name: str) -> None:
    (problem,) = problems(blocking=[{"cost": "sleep", "names": [name]}])
    assert problem.startswith(name)


@pytest.mark.parametrize("kind", ["blocking", "cpu"])
def test_coroutine_function_is_not_blocking(kind: str) -> None:
    cost = {"blocking": "wait", "cpu": "heavy"}[kind]
    found = problems(**{kind: [{"cost": cost, "names": ["asyncio.Queue.get"]}]})
    assert found == ["asyncio.Queue.get is asynchronous, not blocking"]


@pytest.mark.parametrize(
    ("counterpart", "problem"),
    [
        ("asyncio.{member}_soon", "asyncio.sleep_soon counterpart: asyncio has no sleep_soon"),
        ("time.time", "time.time counterpart is not asynchronous"),
    ],
)
def test_missing_or_synchronous_counterpart_is_reported(counterpart: str, problem: str) -> None:
    entry = {"cost": "sleep", "names": ["time.sleep"], "counterpart": counterpart}
    assert problems(blocking=[entry]) == [problem]


def test_synchronous_name_is_not_awaitable() -> None:
    assert problems(awaitable=[{"names": ["asyncio.Queue.get_nowait", "asyncio.Queue.get"]}]) == [
        "asyncio.Queue.get_nowait is not a coroutine function"
    ]


def test_unverified_name_is_excused_and_counted() -> None:
    entry = {"cost": "sleep", "names": ["time.doze", "time.sleep"]}
    knowledge = {
        "modules": ["time"],
        "blocking": [entry],
        "unverified": {"time.doze": "made on first use"},
    }
    assert examine(knowledge) == Report(2, 1, ())


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"aliases": {"os.unlink": "os.rmdir"}}, "os.unlink is not the same object as os.rmdir"),
        (
            {"bases": {"asyncio.Task": "asyncio.Lock"}},
            "asyncio.Task does not inherit from asyncio.Lock",
        ),
        ({"returns": {"os.scandir": "list[os.Entry]"}}, "os.scandir os has no Entry"),
        ({"returns": {"os.walk": "tuple[os.DirEntry, os.Entry]"}}, "os.walk os has no Entry"),
        (
            {"enters": {"os.scandir": "os.listdir"}},
            "os.scandir gives os.listdir, which is not a class",
        ),
        (
            {
                "offload": [
                    {"names": ["asyncio.to_thread"], "callable": [1, "func"], "to": "thread"}
                ]
            },
            "asyncio.to_thread has args at position 1",
        ),
        ({"calls": [{"names": ["sorted"], "callable": "by"}]}, "sorted has no parameter by"),
        ({"blocking": [{"cost": "slow", "names": []}]}, "blocking.cost 'slow' is no cost"),
        ({"blocked": []}, "blocked is no table of the knowledge format"),
        (
            {"local": [{"names": ["time.sleep"]}], "awaitable": [{"names": ["time.sleep"]}]},
            "time.sleep stands under awaitable and again under local",
        ),
    ],
)
def test_other_contradictions_are_reported(tables: dict[str, Any], problem: str) -> None:
    assert problem in problems(**tables)


def test_counterparts_of_other_libraries_are_installed_too() -> None:
    entry = {"names": ["requests.get"], "counterpart": "httpx.AsyncClient.{member}"}
    knowledge = {"modules": ["requests"], "distribution": "requests", "blocking": [entry]}
    assert needed(knowledge, {"httpx": "httpx"}) == ("httpx", "requests")


def test_failures_are_printed_with_file_name_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "clock.toml"
    path.write_text('modules = ["time"]\n[[blocking]]\ncost = "sleep"\nnames = ["time.doze"]\n')
    assert parsed(path)["modules"] == ["time"]
    report = run_inside(Path(sys.executable), path, tmp_path)
    assert table({"clock": report}).splitlines() == [
        "clock  time.doze  time has no doze",
        "file   checked  unverified  failed",
        "clock        1           0       1",
        "all          1           0       1",
    ]


def test_unknown_file_is_refused() -> None:
    with pytest.raises(SystemExit, match="no such knowledge file: tyme"):
        main(["--only", "tyme"])
