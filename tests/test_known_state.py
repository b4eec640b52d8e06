"""Going on from a state that was kept leads to what a fresh run knows, whatever was edited before and since."""

from __future__ import annotations

import logging
import marshal
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "corpus"))
from edits import KINDS, MOVERS, Kind, Mover, differences, edited, parses

from unlag import kept
from unlag.config import Config
from unlag.known_findings import digest_of
from unlag.known_state import KnownState, Then
from unlag.source.parse import Parsed, parse
from unlag.workspace import Change, Workspace

SHOP = Path(__file__).parent / "samples" / "shop"
EXAMPLES = int(os.environ.get("UNLAG_EDITS", "25"))
SOUND = {
    str(path): path.read_text(encoding="utf-8")
    for path in (*sorted(SHOP.rglob("*.py")), SHOP / "Dockerfile")
    if "tests" not in path.relative_to(SHOP).parts and path.is_file()
}
ROOT = str(SHOP)


def opened(texts: Mapping[str, str]) -> Workspace:
    """A workspace that keeps no texts, as the language server's."""
    return Workspace((ROOT,), Config(), text_of=texts.get)


def fresh(texts: Mapping[str, str]) -> Workspace:
    """A workspace that has only ever seen `texts`."""
    workspace = opened(dict(texts))
    workspace.apply(Change(path, text) for path, text in texts.items())
    return workspace


def keep(workspace: Workspace, texts: Mapping[str, str]) -> None:
    """Keep the state of a workspace that has been told of `texts`."""
    stored = workspace.stored()
    assert stored is not None
    digests = {path: digest_of(texts[path]) for path in workspace.paths()}
    then = Then(digests, {ROOT: b"config"})
    for _ in KnownState(ROOT).keeping(stored, then, workspace.index.own_tables()):
        pass


@cache
def state_of_shop() -> bytes:
    """What is kept of the shop as it is."""
    keep(fresh(SOUND), SOUND)
    data = kept.load(kept.name_of("state", ROOT, sys.byteorder))
    assert data is not None
    return kept.digest_of(data) + bytes(data)


def keep_shop(folder: Path) -> Path:
    """Keep it in a folder; gives the file."""
    path = folder / kept.name_of("state", ROOT, sys.byteorder)
    data = state_of_shop()
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def resumed(kept_texts: Mapping[str, str], texts: Mapping[str, str]) -> Workspace | None:
    """A workspace that goes on from the state kept of the one to files that hold `texts` now."""
    state = KnownState(ROOT).load()
    if state is None:
        return None
    parsed = {
        path: Parsed(state.edited[path], (), None) if path in state.edited else parse(text)
        for path, text in kept_texts.items()
        if path.endswith(".py")
    }
    workspace = opened(texts)
    if not workspace.restore(parsed, lambda tables: state.read(tables, lambda: None)):
        return None
    paths = kept_texts.keys() | texts.keys()
    workspace.apply(
        Change(path, texts.get(path), parse(texts[path]) if path.endswith(".py") and path in texts else None)
        for path in sorted(paths)
        if texts.get(path) != kept_texts.get(path) or path in state.edited or not path.endswith(".py")
    )  # fmt: skip
    return workspace


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "unlag" / "kept"


EDIT = st.tuples(
    st.sampled_from(sorted(path for path in SOUND if path.endswith(".py"))),
    st.sampled_from((*KINDS, *MOVERS, None)),
    st.integers(0, 400),
    st.integers(0, 10_000),
)
EDITS = st.lists(EDIT, max_size=5)


@settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture
    ],
)  # fmt: skip
@given(before=EDITS, between=EDITS, after=EDITS)
def test_going_on_leads_to_what_a_fresh_run_knows(
    before: list[tuple[str, Kind | Mover | None, int, int]],
    between: list[tuple[str, Kind | Mover | None, int, int]],
    after: list[tuple[str, Kind | Mover | None, int, int]],
) -> None:
    texts, sound = dict(SOUND), dict(SOUND)
    first = opened(texts)
    first.apply(Change(path, text) for path, text in SOUND.items())
    for edit in before:
        first.apply(Change(path, text) for path, text in edited(texts, sound, edit).items())
    keep(first, texts)
    then = dict(texts)
    for edit in between:
        edited(texts, sound, edit)
    workspace = resumed(then, texts)
    assert workspace is not None
    for edit in after:
        workspace.apply(Change(path, text) for path, text in edited(texts, sound, edit).items())
    for path, text in list(texts.items()):
        if path.endswith(".py") and not parses(text):
            texts[path] = sound[path]
            workspace.apply([Change(path, sound[path])])
    assert not list(differences(workspace, fresh(texts)))


def test_nothing_is_joined_or_checked_where_nothing_changed(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_shop(cache_folder)
    expected = fresh(SOUND).apply([])
    monkeypatch.setattr("unlag.project.linked.Linked._link", None)
    monkeypatch.setattr("unlag.engine.Checks._look", None)
    workspace = resumed(SOUND, SOUND)
    assert workspace is not None
    snapshot = workspace.apply([])
    assert snapshot.findings == expected.findings
    assert snapshot.problems == expected.problems
    assert snapshot.endpoints == expected.endpoints
    assert snapshot.statistics == expected.statistics


def test_what_is_remembered_is_not_asked_again_where_the_answer_stays(cache_folder: Path) -> None:
    keep_shop(cache_folder)
    workspace = resumed(SOUND, SOUND)
    assert workspace is not None
    path = str(SHOP / "shop" / "repositories" / "users.py")
    other = fresh(SOUND)
    for text in (SOUND[path] + "\n", SOUND[path] + "\n\ndef more():\n    return 1\n"):
        assert (
            workspace.apply([Change(path, text)]).findings
            == other.apply([Change(path, text)]).findings
        )
    count = len(workspace.index.stored().answers)  # type: ignore[union-attr] # nothing is hinted
    assert count == len(other.index.stored().answers)  # type: ignore[union-attr]


def test_a_state_means_the_same_in_another_process() -> None:
    program = (
        "import sys; sys.path[:0] = [sys.argv[1]]\n"
        "import test_known_state as t; t.keep(t.fresh(t.SOUND), t.SOUND)\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent)], check=True, env=environment
    )
    texts = dict(SOUND)
    path = str(SHOP / "shop" / "repositories" / "users.py")
    texts[path] = texts[path].replace("async def ", "def ")
    workspace = resumed(SOUND, texts)
    assert workspace is not None
    assert not list(differences(workspace, fresh(texts)))


@pytest.mark.parametrize("size", [0, 7, 16, 40, 5000, -1])
def test_a_truncated_file_is_no_state(cache_folder: Path, size: int) -> None:
    keep_shop(cache_folder).write_bytes(state_of_shop()[:size])
    assert resumed(SOUND, SOUND) is None


@pytest.mark.parametrize("index", [0, 15, 16, 30, 4000, 50_000, -3])
def test_a_changed_byte_is_no_state(cache_folder: Path, index: int) -> None:
    data = bytearray(state_of_shop())
    data[index] ^= 0x55
    keep_shop(cache_folder).write_bytes(data)
    assert resumed(SOUND, SOUND) is None


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (pickle.dumps(os.getcwd), []),
        (b"nonsense", []),
        (pickle.dumps(["links", 3]), []),
        (pickle.dumps(("links", {})), [("os", "getcwd")]),
        (pickle.dumps(("links", {})), [("unlag.no", "no")]),
        (pickle.dumps(("links", {})), []),
    ],
)
def test_the_words_of_another_program_are_no_state(piece: bytes, words: list[object]) -> None:
    data = b""
    for part in (bytes(4), piece, marshal.dumps(words), marshal.dumps(({}, {}, {}, 1))):
        data += len(part).to_bytes(8, "little") + part
    kept.save(kept.name_of("state", ROOT, sys.byteorder), data)
    assert resumed(SOUND, SOUND) is None


def test_a_state_without_an_end_is_none() -> None:
    kept.save(kept.name_of("state", ROOT, sys.byteorder), bytes(7))
    assert resumed(SOUND, SOUND) is None


def test_a_state_of_other_files_is_none(cache_folder: Path) -> None:
    keep_shop(cache_folder)
    less = dict(list(SOUND.items())[:-3])
    assert resumed(less, SOUND) is None
    path = next(iter(less))
    assert resumed({**SOUND, path: SOUND[path] + "\ndef another(): ...\n"}, SOUND) is None


def test_who_leaves_off_leaves_what_was_there(cache_folder: Path) -> None:
    keep_shop(cache_folder)
    workspace = fresh(SOUND)
    stored = workspace.stored()
    assert stored is not None
    steps = KnownState(ROOT).keeping(stored, Then({}, {}), workspace.index.own_tables())
    next(steps)
    steps.close()
    assert [item.read_bytes() for item in cache_folder.iterdir()] == [state_of_shop()]


def test_what_no_name_leads_to_is_not_kept(
    cache_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = fresh(SOUND)
    workspace.index.remember((lambda: 1,), lambda: 1)
    with caplog.at_level(logging.INFO, "unlag.kept"):
        keep(workspace, SOUND)
    assert "could not be kept" in caplog.text
    assert not list(cache_folder.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("room", [0, 2000])
def test_a_full_disk_costs_the_state_and_nothing_else(cache_folder: Path, room: int) -> None:
    import resource

    workspace = fresh(SOUND)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        keep(workspace, SOUND)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(cache_folder.iterdir()) == []


def test_two_at_once_leave_one_whole_state(cache_folder: Path) -> None:
    workspace = fresh(SOUND)
    stored = workspace.stored()
    assert stored is not None
    then = Then({path: digest_of(SOUND[path]) for path in workspace.paths()}, {ROOT: b"config"})
    tables = workspace.index.own_tables()
    both = [KnownState(ROOT).keeping(stored, then, tables) for _ in range(2)]
    for _ in zip_longest(*both):
        pass
    assert len(list(cache_folder.iterdir())) == 1
    assert resumed(SOUND, SOUND) is not None
