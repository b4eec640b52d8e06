"""What facts say beforehand never hides anything that following all of the code would find."""

from __future__ import annotations

import pytest

from unlag.project.index import Index
from unlag.rules.database._calls import may_query
from unlag.rules.database._flow import Summary, flow_of
from unlag.rules.database._lazy_names import may_load
from unlag.rules.database._origins import first_taken_by
from unlag.rules.database._prospects import can_be_loaded, can_touch, gives
from unlag.rules.database._values import Loaded, Record, Rows, Taken, Touch
from unlag.workspace import Change, Workspace

from .suite import ROOT, Case, cases, config

SUITES = {
    "async_lazy_load", "count_in_python", "filter_in_python", "first_without_limit",
    "lazy_load_in_loop", "lazy_load_in_response", "offset_pagination", "unbounded_query",
}  # fmt: skip
CASES = [case for case in cases() if case.suite in SUITES]


def found(summary: Summary) -> tuple[list[object], list[object], list[object]]:
    """What rules make something of: relationships read, parts taken, and what is given back."""
    return (
        [event for event in summary.events if isinstance(event, Touch)],
        [event for event in summary.events if isinstance(event, Taken)],
        [value if isinstance(value, Loaded) else site for value, site in summary.returns],
    )


def functions_of(index: Index) -> list[str]:
    return [
        entry.id
        for entry in index.functions()
        if index.graph.serves(entry.id) and may_query(index, entry.id)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_following_less_finds_the_same(case: Case) -> None:
    workspace = Workspace((ROOT,), config(case.settings))
    workspace.apply(Change(f"{ROOT}/{path}", text) for path, text in case.files.items())
    index = workspace.index
    for function in functions_of(index):
        whole = flow_of(index, function, is_thorough=True)
        touched, taken, given = found(whole)
        assert found(flow_of(index, function)) == (touched, taken, given), function
        if touched and may_load(index, function):
            assert can_touch(index, function), function
        if any(isinstance(value, Rows | Record) for value in given):
            assert gives(index, function), function
        if any(isinstance(event, Taken) and event.what == "first" for event in taken):
            assert can_be_loaded(index, first_taken_by(index, function)), function


def test_there_is_something_to_find() -> None:
    everything = [0, 0, 0]
    for case in CASES:
        workspace = Workspace((ROOT,), config(case.settings))
        workspace.apply(Change(f"{ROOT}/{path}", text) for path, text in case.files.items())
        for function in functions_of(workspace.index):
            for number, items in enumerate(found(flow_of(workspace.index, function))):
                everything[number] += len(items)
    assert min(everything) > 15, everything
