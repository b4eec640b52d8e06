"""What a whole-project question costs an edit: nothing where its answer stays, everything where it does not."""

from __future__ import annotations

from collections.abc import Mapping

from unlag.config import Config
from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.source.facts import FunctionFacts
from unlag.workspace import Change, Workspace


def _classes(index: Index, table: FileTable) -> frozenset[str]:
    return frozenset(table.classes)


def _all(parts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*parts.values())


CLASSES: Survey[Index, frozenset[str], frozenset[str]] = Survey(_classes, _all)


def workspace() -> Workspace:
    made = Workspace(("/p",), Config())
    made.apply([Change("/p/a.py", "class A: ...\n"), Change("/p/b.py", "def f(): ...\n")])
    return made


def test_an_answer_follows_edits() -> None:
    made = workspace()
    assert made.index.survey(CLASSES) == {"A"}
    made.apply([Change("/p/b.py", "class B: ...\n")])
    assert made.index.survey(CLASSES) == {"A", "B"}
    made.apply([Change("/p/a.py", None)])
    assert made.index.survey(CLASSES) == {"B"}


def test_a_local_question_is_put_to_edited_files_only() -> None:
    asked: list[str] = []

    def part(index: Index, table: FileTable) -> frozenset[str]:
        asked.append(table.path)
        return frozenset(table.classes)

    local: Survey[Index, frozenset[str], frozenset[str]] = Survey(part, _all, is_local=True)
    made = workspace()
    assert made.index.survey(local) == {"A"}
    made.apply([Change("/p/b.py", "class B: ...\n")])
    assert made.index.survey(local) == {"A", "B"}
    assert asked == ["/p/a.py", "/p/b.py", "/p/b.py"]


def test_a_local_question_is_put_again_only_where_a_function_says_otherwise() -> None:
    asked: list[str] = []

    def awaits(item: FunctionFacts) -> bool:
        return any(call.target == "sleep" for call in item.calls)

    def part(index: Index, table: FileTable) -> frozenset[str]:
        asked.append(table.path)
        return frozenset(name for name, item in table.functions.items() if awaits(item.facts))

    made = workspace()
    local: Survey[Index, frozenset[str], frozenset[str]] = Survey(
        part, _all, is_local=True, of_function=awaits
    )
    assert made.index.survey(local) == set()
    asked.clear()
    made.apply([Change("/p/b.py", "def f(): ...\n\ndef g(): ...\n")])
    assert asked == ["/p/b.py"]  # a function came
    made.apply([Change("/p/b.py", "def f(): other()\n\ndef g(): ...\n")])
    assert asked == ["/p/b.py"]
    made.apply([Change("/p/b.py", "def f(): sleep(1)\n\ndef g(): ...\n")])
    assert made.index.survey(local) == {"f"}
    made.apply([Change("/p/b.py", "x = 1\ndef f(): other()\n\ndef g(): ...\n")])
    assert made.index.survey(local) == set()
