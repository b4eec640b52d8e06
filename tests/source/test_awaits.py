from __future__ import annotations

from textwrap import indent

import pytest

from .reading import function

RUNS = {
    "two": ("a = await f()\nb = await g()", [(2, 3)]),
    "without values": ("await f()\nawait g()\nawait h()", [(2, 4)]),
    "annotated": ("a: int = await f()\nb = await g()", [(2, 3)]),
    "the second uses the first": ("a = await f()\nb = await g(a)", []),
    "the third uses the first": ("a = await f()\nb = await g()\nc = await h(a)", [(2, 3)]),
    "a new run after a use": (
        "a = await f()\nb = await g(a)\nc = await h()",
        [(3, 4)],
    ),
    "the second changes the first": ("a.x = await f()\nb = await g(a)", []),
    "something between": ("a = await f()\nlog()\nb = await g()", []),
    "only one": ("a = await f()", []),
    "no call": ("await task\nawait other", []),
    "in an inner block": ("if x:\n    a = await f()\n    b = await g()", [(3, 4)]),
}


@pytest.mark.parametrize(("body", "lines"), RUNS.values(), ids=RUNS)
def test_runs_of_awaits(body: str, lines: list[tuple[int, int]]) -> None:
    found = function("async def x():\n" + indent(body, "    ") + "\n")
    assert [(run.line, run.end_line) for run in found.runs] == lines


def test_a_run_knows_its_calls() -> None:
    (run,) = function("async def x():\n    a = await f()\n    await g(1)\n").runs
    assert run.calls == ((2, 14), (3, 10))
    assert (run.column, run.end_column) == (4, 14)
