"""lsprotocol's classes are made when they are needed, and are then what they always are."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from unlag.lsp import loading
loading.load()
import attrs
from lsprotocol import types
from pygls.protocol import default_converter

def made():
    classes = [item for item in vars(types).values() if isinstance(item, type)]
    return {item.__name__ for item in classes if isinstance(vars(item).get("__attrs_attrs__"), tuple)}

assert len(made()) < 20, sorted(made())
converter = default_converter()
data = {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 3}}
found = converter.structure(data, types.Range)
assert (found.start.line, found.end.character) == (1, 3)
assert converter.unstructure(found) == data
assert {"Range", "Position"} <= made() and len(made()) < 60, sorted(made())
assert attrs.fields(types.Hover).contents.name == "contents"
try:
    types.Position(line=-1, character=0)
except ValueError:
    print("checked")
everything = [types.ALL_TYPES_MAP[name] for name in types.ALL_TYPES_MAP]
print(sum(attrs.has(item) for item in everything if isinstance(item, type)) > 500)
"""


def test_classes_are_made_when_they_are_needed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["checked", "True"], "")
