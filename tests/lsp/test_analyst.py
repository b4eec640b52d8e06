"""The analysis thread alone, without a client: what is answered while a project is being read."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from unlag.lsp.analyst import Analyst
from unlag.lsp.inbox import Inbox
from unlag.lsp.projects import Project, Texts
from unlag.lsp.settings import Settings
from unlag.lsp.view import Analysed, Folder, Overlay, Report
from unlag.project.index import Index
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
    build = Index.build

    def typing(index: Index, tables: dict[str, FileTable]) -> None:
        inbox.put(overlays={path: Overlay(2, APP + APP)})
        build(index, tables)

    monkeypatch.setattr(Index, "build", typing)
    reports = _reports(inbox, lambda: inbox.put(folders=(Folder(str(tmp_path)),)))
    early = _next(reports, lambda item: item.view.versions.get(path) == 2)
    assert not early.view.is_complete
    assert len(early.view.findings[path]) == 2
    late = _next(reports, lambda item: item.view.is_complete and path in item.edited)
    # fixes that are right only where all callers are known come with the whole
    assert [one.span for one in late.view.findings[path]] == [
        one.span for one in early.view.findings[path]
    ]


def test_the_first_word_on_an_open_file_waits_for_no_other_file(tmp_path: Path) -> None:
    files = {"helper.py": HELPER, "caller.py": CALLER, "app.py": APP}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = Project(Folder(str(tmp_path)), Texts(), "")
    project.files = frozenset(str(tmp_path / name) for name in files)
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
    project.files = frozenset(str(tmp_path / name) for name in files)
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
