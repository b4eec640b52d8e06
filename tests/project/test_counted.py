"""Words of a file counted again only where functions are others."""

from __future__ import annotations

from unlag.project.counted import Counted
from unlag.project.table import FileTable
from unlag.source.document import Document
from unlag.source.facts import FunctionFacts

TEXT = "def first():\n    load()\n    save()\n\n\ndef second():\n    load()\n"


def test_an_edit_counts_what_a_first_look_counts() -> None:
    counted, read = Counted(_called), Document.read(TEXT)
    assert counted(None, FileTable("/a.py", read.facts)) == {"load": 2, "save": 1}
    for text in (
        TEXT.replace("save", "load"),
        TEXT.replace("second", "third"),
        TEXT.split("\n\n\n")[0],
        TEXT,
    ):
        read = read.edited(text)
        table = FileTable("/a.py", read.facts)
        assert counted(None, table) == Counted(_called)(None, table)


def test_only_what_is_another_function_is_counted_again() -> None:
    seen: list[str] = []

    def noting(item: FunctionFacts) -> list[str]:
        seen.append(item.qualname)
        return []

    counted, read = Counted(noting), Document.read(TEXT)
    counted(None, FileTable("/a.py", read.facts))
    seen.clear()
    counted(None, FileTable("/a.py", read.edited(TEXT.replace("save", "store")).facts))
    assert set(seen) - {"<module>"} == {"first"}


def _called(item: FunctionFacts) -> list[str]:
    return [call.target for call in item.calls]
