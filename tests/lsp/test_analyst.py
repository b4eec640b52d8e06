"""The analysis thread alone, without a client: what is answered while a project is being read."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from unlag.known_findings import KnownFindings
from unlag.lsp.analyst import Analyst
from unlag.lsp.inbox import Inbox
from unlag.lsp.project import Project
from unlag.lsp.settings import Settings
from unlag.lsp.texts import Texts
from unlag.lsp.view import Analysed, Folder, Overlay, Report
from unlag.project.live_index import LiveIndex
from unlag.project.table import FileTable

from .samples import APP, CALLER, HELPER

PATIENCE = 60.0


def test_a_text_typed_while_files_are_joined_is_answered_before_all_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(120):
        (tmp_path / f"app_{number:03}.py").write_text(APP, encoding="utf-8")
    path = str(tmp_path / "app_007.py")
    inbox = Inbox()
    build = LiveIndex.build

    def typing(index: LiveIndex, tables: dict[str, FileTable]) -> None:
        inbox.put(overlays={path: Overlay(2, APP + APP)})
        build(index, tables)

    monkeypatch.setattr(LiveIndex, "build", typing)
    reports = _reports(inbox, lambda: inbox.put(folders=(Folder(str(tmp_path)),)))
    early = _next(reports, lambda item: item.view.versions.get(path) == 2)
    assert not early.view.is_complete
    assert len(early.view.findings[path]) == 2
    late = _next(reports, lambda item: item.view.is_complete and path in item.edited)
    # fixes that are right only where all callers are known come with the whole
    assert [one.span for one in late.view.findings[path]] == [
        one.span for one in early.view.findings[path]
    ]


def test_a_project_that_is_as_it_was_is_shown_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    files = {str(root / name): text for name, text in (("helper.py", HELPER), ("app.py", APP))}
    for path, text in files.items():
        Path(path).write_text(text, encoding="utf-8")
    told: list[Mapping[str, object]] = []

    def session(edited: str = "") -> Mapping[str, object]:
        texts = Texts()
        project = Project(Folder(str(root)), texts, "")
        project.index(lambda done, of: True, told.append)
        if edited:
            path = str(root / "app.py")
            Path(path).write_text(edited, encoding="utf-8")
            project.update([path])
            project.keep()
        return {path: items for path, items in project.findings().items() if items}

    first = session()
    assert first
    assert not told
    assert session(APP + APP) != first
    assert told == [first]
    again = session()
    assert told == [first, again]
    assert again != first
    Path(root / "helper.py").write_text("", encoding="utf-8")
    session()
    assert len(told) == 2


@pytest.mark.parametrize("typed", ["", "# more"])
def test_known_findings_are_said_of_open_documents_only_where_the_text_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    for name, text in (("helper.py", HELPER), ("caller.py", CALLER), ("app.py", APP)):
        (root / name).write_text(text, encoding="utf-8")
    Project(Folder(str(root)), Texts(), "").index(lambda done, of: True)
    app, caller = str(root / "app.py"), str(root / "caller.py")
    inbox = Inbox()

    def opened_meanwhile(known: KnownFindings, paths: object, read: object) -> object:
        inbox.put(overlays={app: Overlay(7, APP + typed)})
        return holding(known, paths, read)  # type: ignore[arg-type]

    holding = KnownFindings.holding
    monkeypatch.setattr(KnownFindings, "holding", opened_meanwhile)
    reports = _reports(inbox, lambda: inbox.put(folders=(Folder(str(root)),)))
    early = _next(reports, lambda item: bool(item.view.findings))
    assert not early.view.is_complete
    assert early.changed >= {caller}
    assert (app in early.view.findings) == (not typed)
    assert early.view.versions == ({} if typed else {app: 7})
    late = _next(reports, lambda item: item.view.is_complete and app in item.edited)
    assert len(late.view.findings[app]) == 1


def test_the_first_word_on_an_open_file_waits_for_no_other_file(tmp_path: Path) -> None:
    files = {"helper.py": HELPER, "caller.py": CALLER, "app.py": APP}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = Project(Folder(str(tmp_path)), Texts(), "")
    project.members.files = frozenset(str(tmp_path / name) for name in files)
    opened = {str(tmp_path / name): Overlay(1, files[name]) for name in ("app.py", "caller.py")}
    app, caller = opened
    first, is_whole = project.glance(opened, patience=-1)
    assert not is_whole
    assert len(first[app]) == 1
    assert first[caller] == ()
    second, is_whole = project.glance(opened, patience=math.inf)
    assert is_whole
    assert [len(second[path]) for path in opened] == [1, 1]


def test_the_first_word_on_an_open_file_waits_for_no_large_file(tmp_path: Path) -> None:
    large = HELPER + "#" * 100_000_000
    files = {"helper.py": large, "caller.py": CALLER}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = Project(Folder(str(tmp_path)), Texts(), "")
    project.members.files = frozenset(str(tmp_path / name) for name in files)
    caller = str(tmp_path / "caller.py")
    found, is_whole = project.glance({caller: Overlay(1, CALLER)}, patience=10)
    assert not is_whole
    assert found[caller] == ()


def _reports(inbox: Inbox, start: Callable[[], object]) -> queue.Queue[Report]:
    reports: queue.Queue[Report] = queue.Queue()
    inbox.put(settings=Settings())
    start()
    threading.Thread(target=Analyst(inbox, reports.put).run, daemon=True).start()
    return reports


def _next(reports: queue.Queue[Report], is_it: Callable[[Analysed], bool]) -> Analysed:
    while True:
        item = reports.get(timeout=PATIENCE)
        if isinstance(item, Analysed) and is_it(item):
            return item
