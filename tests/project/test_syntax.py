"""Trees on demand agree with the facts about where things stand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from unlag.config import Config
from unlag.project.index import Index
from unlag.project.syntax import FunctionSyntax
from unlag.workspace import Change, Workspace

SHOP = Path(__file__).parents[1] / "samples" / "shop"
PATH = "/project/app.py"


def workspace(files: dict[str, str]) -> Workspace:
    made = Workspace(("/project",), Config())
    made.apply([Change(path, text) for path, text in files.items()])
    return made


def syntax(index: Index, qualname: str) -> FunctionSyntax | None:
    entry = index.function(f"{PATH}:{qualname}")
    assert entry is not None
    return index.syntax(entry)


def test_calls_stand_where_the_facts_say() -> None:
    texts = {f"/project/{path.relative_to(SHOP)}": path.read_text() for path in SHOP.rglob("*.py")}
    index = workspace(texts).index
    seen = 0
    for entry in index.functions():
        found = index.syntax(entry)
        if found is None:
            assert "<" in entry.id
            continue
        assert found.node.name == entry.facts.name.partition("#")[0]
        sites = {
            (site.line, site.column, site.end_line, site.end_column)
            for node in ast.walk(found.node)
            if isinstance(node, ast.Call)
            for site in [found.site(node)]
        }
        for call in entry.facts.calls:
            assert (call.line, call.column, call.end_line, call.end_column) in sites
            seen += 1
    assert seen > 500


def test_columns_count_characters() -> None:
    index = workspace(
        {PATH: 'class A:\n    @staticmethod\n    def f():\n        "é"; g(1)\n'}
    ).index
    found = syntax(index, "A.f")
    assert found is not None
    statement = found.node.body[1]
    assert found.site(statement).column == 13
    assert found.site(statement).line == 3


@pytest.mark.parametrize("text", ["def f(:\n    g()\n", "def g():\n    pass\n"])
def test_no_tree_where_the_text_is_ahead_of_the_facts(text: str) -> None:
    made = workspace({PATH: "def f():\n    g()\n"})
    index = made.index
    entry = index.function(f"{PATH}:f")
    assert entry is not None
    index.read_texts_with(lambda path: text)
    index.update({})
    assert index.syntax(entry) is None
