"""Every before/after case, and what holds for any fix: it parses, keeps comments, works once."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

import pytest

import unlag.fixes
from unlag.finding import Edit
from unlag.fixes import Refusal

from .suite import Case, apply, attempt, cases, spans_of

CASES = list(cases())
KINDS = {
    path.stem
    for path in Path(unlag.fixes.__file__).parent.glob("*.py")
    if "def edits(request: FixRequest)" in path.read_text("utf-8")
}
IN_DEPLOYMENT_FILES = {"drop_arguments", "fastapi_run", "uvicorn_standard"}
"""Kinds whose cases are the `fix:` blocks of tests/rules: they edit no Python."""
ELSEWHERE = {"async_generator", "move_limiter", "raise_limiter"}
"""Kinds that change a function named by their second argument, or the application."""
CHANGED = [case for case in CASES if case.after is not None]


def made_by(case: Case) -> tuple[Edit, ...]:
    made = case.result()
    assert not isinstance(made, Refusal), made.reason
    return made


def named(chosen: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=[f"{c.suite}: {c.name}" for c in chosen])


@named([case for case in CASES if case.after is None])
def test_refusal_says_why(case: Case) -> None:
    made = case.result()
    assert isinstance(made, Refusal), apply(case.before, made)
    assert case.refused
    assert case.refused in made.reason


@named(CHANGED)
def test_result_is_as_written(case: Case) -> None:
    assert apply(case.before, made_by(case)) == case.after


@named(CHANGED)
def test_result_compiles(case: Case) -> None:
    compile(apply(case.before, made_by(case)), "app.py", "exec", dont_inherit=True)


@named(CHANGED)
def test_comments_survive(case: Case) -> None:
    lost = comments(case.before) - comments(apply(case.before, made_by(case)))
    assert not lost


@named(CHANGED)
def test_finding_is_gone(case: Case) -> None:
    """Wherever the target still stands in what changed, the fix has nothing more to do there."""
    made = made_by(case)
    result = apply(case.before, made)
    for span in spans_of(case.target, result, touched_lines(case.before, made, result)):
        again = attempt(case.kind, result, span, case.arguments, case.style)
        assert isinstance(again, Refusal), f"fixed once more:\n{apply(result, again)}"


@named(CHANGED)
def test_other_lines_are_untouched(case: Case) -> None:
    """Around the outermost function or class, only imports and the lock itself change."""
    before, after = case.before.split("\n"), apply(case.before, made_by(case)).split("\n")
    statement = next(s for s in ast.parse(case.before).body if holds(s, case.span.line))
    kept = [*before[: first_line(statement) - 1], *before[statement.end_lineno or 0 :]]
    lost = Counter(kept) - Counter(after)
    if case.kind == "async_lock":
        lost = Counter({line: count for line, count in lost.items() if case.target not in line})
    if case.kind == "shared_client":
        lost = Counter({line: count for line, count in lost.items() if "FastAPI(" not in line})
    if case.kind in ELSEWHERE:
        there = (f"def {case.arguments[1]}(", "FastAPI(")
        lost = Counter({line: 1 for line in lost if not any(words in line for words in there)})
    assert all(not line or "import" in line or line.startswith(" ") for line in lost), lost


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def touched_lines(before: str, made: tuple[Edit, ...], result: str) -> range:
    last = made[-1].span
    below = before.count("\n") + 1 - last.end_line
    return range(1, result.count("\n") + 2 - below)


def first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def holds(statement: ast.stmt, line: int) -> bool:
    return first_line(statement) <= line <= (statement.end_lineno or 0)


def test_every_kind_has_a_suite() -> None:
    assert {case.kind for case in CASES} == KINDS - IN_DEPLOYMENT_FILES
