"""A project that is opened again goes on from what was kept of it, and finds what it would find from nothing."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from unlag.finding import Finding
from unlag.known_facts import KnownFacts
from unlag.lsp.analyst import Analyst
from unlag.lsp.inbox import Inbox
from unlag.lsp.project import Project
from unlag.lsp.settings import Settings
from unlag.lsp.texts import Texts
from unlag.lsp.view import Folder, Overlay, Report
from unlag.project.live_index import LiveIndex
from unlag.workspace import Workspace

from .samples import APP, CALLER, HELPER, QUIET_HELPER

SHOP = Path(__file__).parents[1] / "samples" / "shop"
PATIENCE = 60.0


@pytest.fixture
def kept_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "unlag" / "kept"


@pytest.fixture
def root(tmp_path: Path, kept_folder: Path) -> Path:
    """A project of which the state is kept."""
    folder = tmp_path / "project"
    shutil.copytree(SHOP, folder)
    for name, text in (("helper.py", HELPER), ("caller.py", CALLER), ("app.py", APP)):
        (folder / name).write_text(text, encoding="utf-8")
    keep(opened(folder))
    assert list(kept_folder.glob("state-*"))
    return folder


def opened(folder: Path, overlays: Mapping[str, Overlay] | None = None) -> Project:
    texts = Texts()
    texts.overlays.update(overlays or {})
    project = Project(Folder(str(folder)), texts, "")
    project.index(lambda done, of: True)
    return project


def keep(project: Project) -> None:
    for _ in project.keeping():
        pass


def found(project: Project) -> dict[str, tuple[Finding, ...]]:
    return {path: items for path, items in project.findings().items() if items}


def from_nothing(folder: Path, kept_folder: Path) -> dict[str, tuple[Finding, ...]]:
    shutil.rmtree(kept_folder)
    return found(opened(folder))


def test_nothing_happened(root: Path, kept_folder: Path, resumptions: list[bool]) -> None:
    project = opened(root)
    assert resumptions == [True]
    assert not project.has_news
    assert found(project) == from_nothing(root, kept_folder)


def test_files_came_went_and_were_edited(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    (root / "helper.py").write_text(QUIET_HELPER, encoding="utf-8")
    (root / "again.py").write_text(APP, encoding="utf-8")
    (root / "app.py").unlink()
    (root / "Dockerfile").write_text(
        "FROM python\nCMD fastapi dev shop/main.py\n", encoding="utf-8"
    )
    (root / "docker-compose.yml").unlink()
    project = opened(root)
    assert resumptions == [True]
    assert project.has_news
    assert found(project) == from_nothing(root, kept_folder)


def test_an_open_document_that_was_never_saved_counts(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    before = found(opened(root))
    caller, helper = str(root / "caller.py"), str(root / "helper.py")
    assert caller in before
    project = opened(root, {helper: Overlay(3, QUIET_HELPER)})
    assert resumptions == [True, True]
    assert caller not in found(project)
    keep(project)
    assert found(opened(root)) == before
    assert resumptions == [True] * 3


def test_edits_of_the_session_before_are_taken_back_or_kept(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    helper = root / "helper.py"
    helper.write_text("def broken(:\n" + HELPER, encoding="utf-8")
    project = opened(root)
    helper.write_text(QUIET_HELPER + "\n\ndef more(\n", encoding="utf-8")
    project.update([str(helper)])
    keep(project)
    helper.write_text(HELPER, encoding="utf-8")
    project = opened(root)
    assert resumptions == [True, True]
    assert found(project) == from_nothing(root, kept_folder)


def test_facts_of_texts_that_are_no_more_are_there_to_go_on_from(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    (root / "helper.py").write_text(QUIET_HELPER, encoding="utf-8")
    facts = KnownFacts((str(root),))  # as a command line meanwhile
    for path in sorted(root.rglob("*.py")):
        facts.parsed(path.read_text(encoding="utf-8"))
    facts.close(is_whole=True)
    project = opened(root)
    assert resumptions == [True]
    assert found(project) == from_nothing(root, kept_folder)


@pytest.mark.parametrize(
    "line",
    ['blocking = ["helper.fetch"]', 'entry-points = ["helper.fetch"]', 'ignore = ["LAG101"]'],
)
def test_another_configuration_starts_anew(
    root: Path, kept_folder: Path, resumptions: list[bool], line: str
) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    (root / "pyproject.toml").write_text(f"{text}\n[tool.unlag]\n{line}\n", encoding="utf-8")
    assert "[tool.unlag]" not in text
    project = opened(root)
    assert resumptions == []
    assert found(project) == from_nothing(root, kept_folder)


def test_another_installed_version_starts_anew(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    (root / "requirements.txt").write_text(f"{text}\nstarlette==0.20\n", encoding="utf-8")
    project = opened(root)
    assert resumptions == []
    assert found(project) == from_nothing(root, kept_folder)


def test_many_other_files_are_joined_anew(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    for path in root.rglob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + "\nmore = 1\n", encoding="utf-8")
    project = opened(root)
    assert resumptions == []
    assert project.has_news
    assert found(project) == from_nothing(root, kept_folder)


def test_a_library_that_nobody_mentioned_before(
    root: Path, kept_folder: Path, resumptions: list[bool]
) -> None:
    blocking = HELPER.replace(
        "requests.get(url, timeout=1).content", "paramiko.SSHClient().connect(url)"
    )
    (root / "helper.py").write_text(blocking.replace("requests", "paramiko"), encoding="utf-8")
    project = opened(root)
    assert resumptions == [True]
    assert found(project) == from_nothing(root, kept_folder)


def test_a_state_that_leads_to_a_failure_is_none(
    root: Path,
    kept_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(index: LiveIndex, *arguments: object) -> None:
        raise KeyError("nothing")

    with monkeypatch.context() as patch:
        patch.setattr(LiveIndex, "restore", fail)
        project = opened(root)
    assert "is of no use" in caplog.text
    assert project.has_news
    assert found(project) == from_nothing(root, kept_folder)


def test_whoever_wants_no_more_gets_what_was_read(root: Path) -> None:
    project = Project(Folder(str(root)), Texts(), "")
    project.index(lambda done, of: done < 3)
    assert not project.has_news


def test_findings_of_files_that_were_not_read_to_the_last_one_are_not_kept(root: Path) -> None:
    project = Project(Folder(str(root)), Texts(), "")
    project.index(lambda done, of: done < 3)
    (root / "helper.py").write_text(QUIET_HELPER, encoding="utf-8")
    project.update([str(root / "helper.py")])
    project.keep()
    told: list[Mapping[str, tuple[Finding, ...]]] = []
    project = Project(Folder(str(root)), Texts(), "")
    project.index(lambda done, of: True, told.append)
    assert not told


def test_what_changes_after_an_analysis_failed_is_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(workspace: Workspace, *arguments: object) -> None:
        raise KeyError("nothing")

    project = Project(Folder(str(root)), Texts(), "")
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "apply", fail)
        with pytest.raises(KeyError):
            project.index(lambda done, of: True)
    assert str(root / "caller.py") in found(opened(root))
    (root / "helper.py").write_text(QUIET_HELPER, encoding="utf-8")
    project.index(lambda done, of: True)
    assert str(root / "caller.py") not in found(project)


def test_the_state_is_kept_once_nothing_is_asked(tmp_path: Path, kept_folder: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP, encoding="utf-8")
    inbox = Inbox()
    reports: queue.Queue[Report] = queue.Queue()
    inbox.put(settings=Settings(), folders=(Folder(str(folder)),))
    threading.Thread(target=Analyst(inbox, reports.put).run, daemon=True).start()
    deadline = time.monotonic() + PATIENCE
    while not list(kept_folder.glob("state-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(kept_folder.glob("state-*"))


def test_who_types_while_the_state_is_kept_is_answered_first(
    root: Path, kept_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(root, {str(root / "helper.py"): Overlay(1, QUIET_HELPER)})
    before = [path.read_bytes() for path in kept_folder.glob("state-*")]
    inbox = Inbox()
    analyst = Analyst(inbox, lambda report: None)
    keeping = Project.keeping

    def typing(project: Project) -> object:
        inbox.put(touched=["nothing"])
        return keeping(project)

    monkeypatch.setattr(Project, "keeping", typing)
    analyst._keep(project)
    assert project.has_news
    assert [path.read_bytes() for path in kept_folder.glob("state-*")] == before
