"""Whatever the file looks like: edits stay in the statement and the imports, the result parses."""

from __future__ import annotations

import ast
import textwrap

from hypothesis import given, settings
from hypothesis import strategies as st

from unlag.finding import Edit, Span
from unlag.fixes import Refusal

from .suite import apply, attempt, offset, position

HEADERS = [
    '"""Docs, \N{TURTLE}."""',
    "from __future__ import annotations",
    "import asyncio",
    "import asyncio as aio, os",
    "import requests",
    "from typing import (\n    Any,\n    TYPE_CHECKING,  # both\n)",
    "if TYPE_CHECKING:\n    from fastapi.concurrency import run_in_threadpool",
    "from fastapi.concurrency import iterate_in_threadpool",
    "from fastapi.concurrency import (\n    iterate_in_threadpool\n)",
    "from . import local",
    "try:\n    import orjson\nexcept ImportError:\n    orjson = None",
    "x = 1; y = 2  # \N{TURTLE}",
    "",
    "# a comment",
]
TARGETS = [
    "load()",
    "a.b.load(x, *y, k=1, **z)",
    "load(\n        x,  # \N{TURTLE}\n        'é',\n    )",
    "load(i for i in x)",
    "load(n := 1)",
    "load(f'{x!r:>3}', lambda q: q)",
    "load(1)(2)",
    "a[0].load('''\n two\n''')",
    "load(\n        # nothing\n    )",
    "open(x)",
]
STATEMENTS = [
    "return {}",
    "v = {}.attr[0]",
    "v = '\N{TURTLE}é', -{} ** 2, 1",
    "if 1 < {} < 3: pass",
    "for v in {}:\n        pass",
    "v = [{} for v in x if v]",
    "v = {{v: 1 for v in {}}}",
    "v = (w for v in x if {})",
    "v = lambda q={}: q",
    "v = lambda: {}",
    "with {} as v:\n        v.read()",
    "with closing({}) as v:\n        v.read()",
    "assert ({}).ok, '\N{TURTLE}'",
    "v = f'\N{TURTLE}' if {} else None",
    "x[{}] += 1",
    "v = 1; {}; w = 2",
    "await {}",
    "raise Error({}) from None",
]
KINDS = ["offload", "insert_await", "endpoint_to_def", "async_counterpart", "keep_task"]
STYLES = ["run_in_threadpool", "to_thread", "asyncify"]


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, str, Span]:
    """What stands above a statement, the statement, what stands below, and the target in it."""
    header = draw(st.lists(st.sampled_from(HEADERS), max_size=5))
    unit = draw(st.sampled_from(["    ", "\t", "  "]))
    target = draw(st.sampled_from(TARGETS))
    before, after = draw(st.sampled_from(STATEMENTS)).format("\0").split("\0")
    depth = draw(st.integers(1, 3))
    opening = ["@app.get('/')", "async def read(x, y, z, a):"]
    opening += [unit * level + "if x:  # deeper" for level in range(1, depth)]
    opening += [unit * depth + "'''text\n  of two lines'''"]
    above = "\n".join([*header, *opening]) + "\n"
    indent = unit * depth
    body = before + target + after
    statement = indent + body.replace("\n    ", "\n" + indent)
    start = len(above) + len(indent) + len(before.replace("\n    ", "\n" + indent))
    end = start + len(target.replace("\n    ", "\n" + indent))
    text = above + statement
    below = f"\n{indent}done = 1  # é\n\n\ndef other():\n    return '\N{TURTLE}'\n"
    return above, statement, below, Span(*position(text, start), *position(text, end))


def is_valid(text: str) -> bool:
    try:
        compile(text, "app.py", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


@settings(max_examples=250, deadline=None)
@given(files(), st.sampled_from(KINDS), st.sampled_from(STYLES))
def test_edits_stay_where_they_belong(
    file: tuple[str, str, str, Span], kind: str, style: str
) -> None:
    above, statement, below, span = file
    text = above + statement + below
    arguments = ("time.sleep", "asyncio.sleep", "same-arguments")
    made = attempt(kind, text, span, arguments if kind == "async_counterpart" else (), style)
    if isinstance(made, Refusal):
        return
    result = apply(text, made)
    assert is_valid(text) <= is_valid(result)
    assert result.endswith(below) or kind == "keep_task"
    for edit in made:
        check(edit, text, len(above), len(above) + len(statement), kind)


def check(edit: Edit, text: str, start: int, end: int, kind: str) -> None:
    """Every edit is inside of the statement, or adds to the imports, or removes `async`."""
    first = offset(text, edit.span.line, edit.span.column)
    last = offset(text, edit.span.end_line, edit.span.end_column)
    if start <= first and last <= end + 1:
        return
    if kind == "endpoint_to_def":
        assert text[first:last].strip() == "async"
        assert not edit.text
        return
    assert first == last
    added = [line for line in edit.text.split("\n") if line.strip(" ,")]
    assert all(is_import(line) for line in added)


def is_import(line: str) -> bool:
    kept = line.startswith(("import ", "from ", "background_tasks"))
    return kept or line.strip(" ,").startswith(("run_in_threadpool", "Any"))


SAMPLE = textwrap.dedent(
    """
    import time


    async def read(path):
        try:
            return time.sleep(1)
        except ValueError, OSError:
            return None
    """
)


def test_newer_syntax_costs_only_its_own_lines() -> None:
    """`except A, B:` is Python 3.14; the fix elsewhere in the file is made on every Python."""
    start = SAMPLE.index("time.sleep")
    end = start + len("time.sleep(1)")
    span = Span(*position(SAMPLE, start), *position(SAMPLE, end))
    made = attempt("offload", SAMPLE, span)
    assert not isinstance(made, Refusal)
    assert "return await run_in_threadpool(time.sleep, 1)\n" in apply(SAMPLE, made)
    assert "except ValueError, OSError:" in apply(SAMPLE, made)


def test_deep_nesting_is_refused_or_fixed_but_never_raises() -> None:
    deep = "(" * 3000 + "load()" + ")" * 3000
    text = f"async def read():\n    return {deep}\n"
    span = Span(2, 11 + 3000, 2, 11 + 3006)
    assert isinstance(attempt("offload", text, span), Refusal)


def test_spans_outside_of_the_text_are_refused() -> None:
    text = "async def read():\n    load()\n"
    for span in (Span(9, 0, 9, 1), Span(2, 40, 2, 60), Span(1, 0, 1, 5), Span(0, 0, 0, 0)):
        for kind in ("offload", "insert_await", "keep_task", "task_group", "async_lock"):
            assert isinstance(attempt(kind, text, span), Refusal), (kind, span)


def test_the_sample_is_what_it_claims() -> None:
    assert isinstance(ast.parse(SAMPLE.replace("ValueError, OSError", "ValueError")), ast.Module)
