"""What is kept of earlier runs changes no result: warm equals cold, whatever happened to the files and the cache."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from unlag import kept
from unlag.known_facts import KnownFacts
from unlag.source.parse import Parsed, parse

SHOP = Path(__file__).parent / "samples" / "shop"
TEXTS = [
    *(path.read_text(encoding="utf-8") for path in sorted(SHOP.rglob("*.py"))),
    "",
    "def broken(:\n    pass\n",
    "class A:\n    def f(self):\n        return 1\n    def g(self: pass\n",
    "name = 'Grüße' + go()  # unlag: ignore[LAG101]\n",
    "a = 1; b = f(); c = 3\n",
    "go('\\ud800')\n",
]


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "unlag" / "kept"


def run(texts: list[str], root: str = "/project") -> None:
    """What a cold or warm run asks; every answer is that of a fresh parse."""
    known = KnownFacts((root,))
    assert [known.parsed(text) for text in texts] == [parse(text) for text in texts]
    known.close(is_whole=True)


def kept_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are parsed from now on."""
    found: list[str] = []

    def noting(text: str) -> Parsed:
        found.append(text)
        return parse(text)

    monkeypatch.setattr("unlag.known_facts.parse", noting)
    return found


def test_warm_equals_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    run(TEXTS)
    parsed = parses(monkeypatch)
    run(TEXTS)
    assert parsed == []


def test_only_what_changed_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    run(TEXTS[:-1])
    parsed = parses(monkeypatch)
    run([*TEXTS[:3], TEXTS[3] + "\nlate()\n", *TEXTS[4:-1], "new = 1\n"])
    assert parsed == [TEXTS[3] + "\nlate()\n", "new = 1\n"]
    parsed.clear()
    run([*TEXTS[:3], TEXTS[3] + "\nlate()\n", *TEXTS[4:-1], "new = 1\n"])
    assert not parsed


def test_what_is_gone_leaves_the_cache(cache_folder: Path) -> None:
    run(TEXTS[:-1])
    before = kept_file(cache_folder).stat().st_size
    run(TEXTS[:2])
    assert kept_file(cache_folder).stat().st_size < before


def test_projects_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    run(TEXTS[:3], "/one")
    parsed = parses(monkeypatch)
    run(TEXTS[:3], "/two")
    assert parsed == TEXTS[:3]


@pytest.mark.parametrize("keep", [0, 7, 16, 40, 5000])
def test_a_truncated_file_is_a_cold_run(cache_folder: Path, keep: int) -> None:
    run(TEXTS)
    path = kept_file(cache_folder)
    path.write_bytes(path.read_bytes()[:keep])
    run(TEXTS)
    run(TEXTS)


@pytest.mark.parametrize("index", [0, 15, 16, 30, 50, 4000, -1])
def test_a_changed_byte_is_a_cold_run(cache_folder: Path, index: int) -> None:
    run(TEXTS)
    path = kept_file(cache_folder)
    data = bytearray(path.read_bytes())
    data[index] ^= 0x55
    path.write_bytes(data)
    assert kept.load(path.name) is None
    run(TEXTS)


def test_two_at_once_leave_one_whole_file(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = KnownFacts(("/project",)), KnownFacts(("/project",))
    for text in TEXTS[:5]:
        first.parsed(text)
        second.parsed(text + "\nother()\n")
    second.close(is_whole=True)
    first.close(is_whole=True)
    parsed = parses(monkeypatch)
    run(TEXTS[:5])
    assert not parsed
    assert kept_file(cache_folder).name.startswith("facts-")


def test_a_run_that_was_stopped_changes_nothing(cache_folder: Path) -> None:
    run(TEXTS[:4])
    before = kept_file(cache_folder).read_bytes()
    known = KnownFacts(("/project",))
    known.parsed("fresh = go()\n")
    known.close(is_whole=False)
    assert kept_file(cache_folder).read_bytes() == before


def test_no_folder_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    run(TEXTS)
    run(TEXTS)


def test_the_cache_stays_small(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_BYTES", 3000)
    now = time.time()
    for number in range(6):
        kept.save(f"check-{number}", bytes(1000))
        os.utime(cache_folder / f"check-{number}", (now - 100 + number, now - 100 + number))
    kept.save("check-9", bytes(100))
    names = sorted(path.name for path in cache_folder.iterdir())
    assert names == ["check-4", "check-5", "check-9"]
    old = cache_folder / "check-4"
    os.utime(old, (1, 1))
    (cache_folder / "writing-abandoned").write_bytes(b"")
    os.utime(cache_folder / "writing-abandoned", (now - 200_000, now - 200_000))
    kept.save("check-9", b"")
    assert sorted(path.name for path in cache_folder.iterdir()) == ["check-5", "check-9"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("room", [0, 100, 2000])
def test_a_full_disk_costs_the_cache_and_nothing_else(cache_folder: Path, room: int) -> None:
    with room_for(room):
        run(TEXTS)
    assert list(cache_folder.iterdir()) == []
    run(TEXTS)
    before = kept_file(cache_folder).read_bytes()
    with room_for(room):
        run([*TEXTS, "another = 1\n"])
    assert kept_file(cache_folder).read_bytes() == before


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes meanwhile."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
