"""Whatever rules remember and say can be kept for the next start, and is the same when it is read again."""

from __future__ import annotations

import pytest

from unlag.deployment.names import kind_of
from unlag.known_state import KnownState, Then
from unlag.rules import Rule, load
from unlag.snapshot import Snapshot
from unlag.source.parse import parse
from unlag.workspace import Change, Workspace

from .suite import ROOT, Case, cases, config


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.name)
def test_every_case_can_be_gone_on_from(rule: Rule) -> None:
    for case in cases():
        if case.suite == rule.name.replace("-", "_"):
            first, again = kept(case), resumed(case)
            assert (again.findings, again.problems) == (first.findings, first.problems), case.id


def opened(case: Case) -> Workspace:
    texts = {f"{ROOT}/{path}": text for path, text in case.files.items()}
    return Workspace((ROOT,), config(case.settings), text_of=texts.get)


def kept(case: Case) -> Snapshot:
    """What is known of a case, after it was kept."""
    workspace = opened(case)
    wanted = [path for path in case.files if path.endswith(".py") or kind_of(path) is not None]
    snapshot = workspace.apply(Change(f"{ROOT}/{path}", case.files[path]) for path in wanted)
    stored = workspace.stored()
    assert stored is not None
    for _ in KnownState(ROOT).keeping(stored, Then({}, {}), workspace.index.own_tables()):
        pass
    return snapshot


def resumed(case: Case) -> Snapshot:
    """What is known of it going on from there."""
    state = KnownState(ROOT).load()
    assert state is not None
    workspace = opened(case)
    parsed = {
        f"{ROOT}/{path}": parse(text) for path, text in case.files.items() if path.endswith(".py")
    }
    assert workspace.restore(parsed, lambda tables: state.read(tables, lambda: None))
    return workspace.apply([])
