"""A check after an edit goes on from what the last one knew, and says what a run from nothing says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unlag.workspace import Workspace

from .runs import Run

SAMPLE = Path(__file__).parents[1] / "samples" / "shop"
BLOCKING = "\n\nasync def waits() -> None:\n    import time\n    time.sleep(1)\n"
ROUTE = "\n\nfrom fastapi import FastAPI\napp = FastAPI()\napp.get('/waits')(waits)\n"  # on a loop


@pytest.fixture
def shop(project: Path) -> Path:
    shutil.copytree(SAMPLE, project, dirs_exist_ok=True)
    return project


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path.parent / f"{tmp_path.name}-cache" / "unlag" / "kept"


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def know(shop: Path, unlag: Run) -> None:
    """Have a state kept: by the second run, when something has changed since the first."""
    unlag("check")
    append(shop / "shop" / "database.py", "\n\ndef added() -> int:\n    return 1\n")
    unlag("check")


def test_the_second_check_after_an_edit_and_all_later_ones_go_on(
    shop: Path, unlag: Run, resumptions: list[bool], kept: Path
) -> None:
    unlag("check")
    assert not list(kept.glob("state-*")), "where nothing is kept between runs, none pays for it"
    append(shop / "shop" / "database.py", "\nfirst = 1\n")
    unlag("check")
    assert resumptions == []
    for number in range(3):
        append(shop / "shop" / "database.py", f"\nnext_{number} = 1\n")
        unlag("check")
    assert resumptions == [True, True, True]


def remove(shop: Path) -> None:
    (shop / "shop" / "services" / "checkout.py").unlink()


def edit(shop: Path) -> None:
    append(shop / "shop" / "database.py", BLOCKING + ROUTE)


def add(shop: Path) -> None:
    (shop / "shop" / "added.py").write_text((BLOCKING + ROUTE).lstrip(), encoding="utf-8")


def break_off(shop: Path) -> None:
    append(shop / "shop" / "database.py", "\n\ndef broken(:\n    pass\n")


def lose_encoding(shop: Path) -> None:
    (shop / "shop" / "database.py").write_bytes(b"name = '\xff'\n")


def move(shop: Path) -> None:
    (shop / "shop" / "services" / "checkout.py").rename(shop / "shop" / "services" / "charges.py")


def deploy(shop: Path) -> None:
    append(shop / "Dockerfile", '\nCMD ["uvicorn", "shop.main:app", "--reload"]\n')


def stop_deploying(shop: Path) -> None:
    (shop / "Dockerfile").unlink()


CHANGES: tuple[Callable[[Path], None], ...] = (
    *(remove, edit, add, break_off),
    *(lose_encoding, move, deploy, stop_deploying),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_it_says_what_a_run_from_nothing_says(
    shop: Path, unlag: Run, resumptions: list[bool], change: Callable[[Path], None]
) -> None:
    know(shop, unlag)
    before = unlag("check", "--output-format", "json")
    change(shop)
    after = unlag("check", "--output-format", "json")
    assert resumptions == [True]
    assert after == unlag("check", "--output-format", "json", "--no-cache")
    assert after != before


def test_other_rules_have_a_state_of_their_own(
    shop: Path, unlag: Run, resumptions: list[bool], kept: Path
) -> None:
    know(shop, unlag)
    unlag("check", "--select", "LAG1")
    assert len(list(kept.glob("state-*"))) == 2
    edit(shop)
    chosen = unlag("check", "--select", "LAG1", "--output-format", "json")
    assert chosen == unlag("check", "--select", "LAG1", "--output-format", "json", "--no-cache")
    everything = unlag("check", "--output-format", "json")
    assert everything == unlag("check", "--output-format", "json", "--no-cache")
    assert resumptions == [True, True]


def test_another_configuration_voids_a_state(
    shop: Path, unlag: Run, resumptions: list[bool]
) -> None:
    know(shop, unlag)
    append(shop / "pyproject.toml", '\n[tool.unlag]\nignore = ["LAG1"]\n')
    after = unlag("check", "--output-format", "json")
    assert resumptions == []
    assert after == unlag("check", "--output-format", "json", "--no-cache")


def test_fixing_goes_on_too(
    shop: Path, unlag: Run, resumptions: list[bool], tmp_path: Path
) -> None:
    know(shop, unlag)
    fresh = tmp_path / "fresh"
    shutil.copytree(shop, fresh)
    said = unlag("check", "--fix")
    assert resumptions == [True]
    texts = {path.relative_to(shop): path.read_bytes() for path in shop.rglob("*.py")}
    shutil.copytree(fresh, shop, dirs_exist_ok=True)
    assert unlag("check", "--fix", "--no-cache") == said
    assert texts == {path.relative_to(shop): path.read_bytes() for path in shop.rglob("*.py")}


@pytest.mark.parametrize("data", [b"", b"rubbish", bytes(4096)])
def test_a_state_that_is_none_costs_nothing(
    shop: Path, unlag: Run, kept: Path, resumptions: list[bool], data: bytes
) -> None:
    know(shop, unlag)
    (state,) = kept.glob("state-*")
    state.write_bytes(data)
    edit(shop)
    after = unlag("check", "--output-format", "json")
    assert resumptions == []
    assert after == unlag("check", "--output-format", "json", "--no-cache")


def test_a_fault_in_going_on_is_told_and_costs_no_result(
    shop: Path, unlag: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    know(shop, unlag)
    edit(shop)

    def fails(workspace: Workspace, *arguments: object) -> bool:
        raise KeyError("shop.db")

    monkeypatch.setattr(Workspace, "restore", fails)
    after = unlag("check", "--output-format", "json")
    assert after.code == 1, after.err
    assert "KeyError: 'shop.db'" in caplog.text
    assert after == unlag("check", "--output-format", "json", "--no-cache")
