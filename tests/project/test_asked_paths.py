"""A path that is asked for again: the same answer, the same look-ups written down, until an edit."""

from __future__ import annotations

from unlag.config import Config
from unlag.project.index import Index
from unlag.project.place import Place
from unlag.project.values import Instance, Value
from unlag.workspace import Change, Workspace

SHOP = "class Client: ...\n\nclass Other: ...\n\ndef client() -> Client: ...\n"
USES = (
    "from shop import Other, client\n\n\ndef work():\n    one = client()\n    two = one\n"
    "    one = Other()\n    return one\n"
)


def test_an_answer_that_is_known_writes_down_what_the_first_one_did() -> None:
    index = _index(Workspace(("/project",), Config()))
    first, looked_up = index.noting(lambda: _value(index, "two"))
    assert first == Instance("/project/shop.py:Client")
    assert index.noting(lambda: _value(index, "two")) == (first, looked_up)
    assert "/project/shop.py:client" in looked_up


def test_a_name_with_several_values_is_told_by_its_line() -> None:
    index = _index(Workspace(("/project",), Config()))
    assert [_value(index, "one", line) for line in (3, 5, 3)] == [
        Instance("/project/shop.py:Client"),
        Instance("/project/shop.py:Other"),
        Instance("/project/shop.py:Client"),
    ]


def test_an_edit_ends_what_is_known() -> None:
    workspace = Workspace(("/project",), Config())
    index = _index(workspace)
    assert _value(index, "two") == Instance("/project/shop.py:Client")
    workspace.apply([Change("/project/shop.py", SHOP.replace("-> Client", "-> Other"))])
    assert _value(index, "two") == Instance("/project/shop.py:Other")


def _index(workspace: Workspace) -> Index:
    texts = {"/project/shop.py": SHOP, "/project/uses.py": USES}
    workspace.apply([Change(path, text) for path, text in texts.items()])
    return workspace.index


def _value(index: Index, path: str, line: int = 5) -> Value:
    return index.resolver.resolve(Place("/project/uses.py", "work"), path, line)
