"""The whole command on the sample shop, with the real engine."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from unlag.deployment.names import kind_of

from .runs import Run

SHOP = Path(__file__).parents[1] / "samples" / "shop"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shop, which is the working directory."""
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    monkeypatch.chdir(folder)
    return folder


def test_every_finding_of_the_shop_is_whole(shop: Path, unlag: Run) -> None:
    result = unlag("check", "--output-format", "json")
    assert result.code == 1
    assert result.err == ""
    findings = json.loads(result.out)["findings"]
    assert len(findings) > 10
    assert len({(f["path"], f["fingerprint"]) for f in findings}) == len(findings)
    for finding in findings:
        assert (shop / finding["path"]).is_file()
        lines = (shop / finding["path"]).read_text("utf-8").splitlines()
        assert finding["column"] <= len(lines[finding["line"] - 1])
        for step in finding["trail"]:
            assert (shop / step["path"]).is_file()


def test_what_a_finding_relies_on_is_no_call(shop: Path, unlag: Run) -> None:
    result = unlag("check", "--select", "LAG203")
    way = "shop/services/orders.py:29: OrderService.__init__ was looked through as well"
    assert way in result.out
    assert "trivial-sync-dependency at shop/dependencies.py:" in result.out


def test_a_second_run_says_the_same_from_the_cache(shop: Path, unlag: Run) -> None:
    cold = unlag("check", "--output-format", "json")
    assert unlag("check", "--output-format", "json") == cold
    assert unlag("check", "--output-format", "json", "--no-cache") == cold


def test_findings_do_not_depend_on_the_paths_named(shop: Path, unlag: Run) -> None:
    everything = json.loads(unlag("check", "--output-format", "json").out)["findings"]
    path = everything[0]["path"]
    of_one = [finding for finding in everything if finding["path"] == path]
    assert json.loads(unlag("check", path, "--output-format", "json").out)["findings"] == of_one


def test_a_baseline_of_the_shop_covers_it(shop: Path, unlag: Run) -> None:
    assert unlag("check", "--baseline", "known.json", "--write-baseline").code == 0
    result = unlag("check", "--baseline", "known.json")
    assert result.code == 0
    assert "No new findings" in result.out


@pytest.mark.parametrize("also", [(), ("--unsafe-fixes",)])
def test_fixing_the_shop_settles(shop: Path, unlag: Run, also: tuple[str, ...]) -> None:
    before = texts(shop)
    shown = unlag("check", "--diff", *also).out
    assert texts(shop) == before
    unlag("check", "--fix", *also)
    after = texts(shop)
    for path, text in after.items():
        if path.endswith(".py"):
            ast.parse(text)
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {line[4:] for line in shown.splitlines() if line.startswith("+++ ")}
    assert not also or changed
    again = unlag("check", "--fix", *also)
    assert texts(shop) == after
    assert "Fixed" not in again.out


def test_the_endpoints_of_the_shop(shop: Path, unlag: Run) -> None:
    result = unlag("endpoints", "--output-format", "json")
    assert result.code == 0
    rows = json.loads(result.out)["endpoints"]
    assert {row["runs"] for row in rows} == {"event loop", "thread pool"}
    assert all((shop / row["path"]).is_file() for row in rows)
    assert any(row["findings"] for row in rows)


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.suffix == ".py" or kind_of(path.as_posix()) is not None
    }


def test_queries_stand_below_their_routes(unlag: Run) -> None:
    """Every route with the statements it can come to, those in loops marked."""
    lines = unlag("endpoints", str(SHOP), "--queries").out.split("\n")
    start = next(index for index, line in enumerate(lines) if " /reports/stars " in line)
    below = []
    for line in lines[start + 1 :]:
        if not line.startswith("    "):
            break
        below.append(line.strip())
    assert any(
        line.startswith("in a loop: sqlalchemy.orm.Session.scalar in stars_by_product, ")
        for line in below
    )
