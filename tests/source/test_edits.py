"""Whatever is done to a file, following its edits gives what reading it again gives.

More edits with `UNLAG_EDITS=5000 pytest tests/source/test_edits.py`.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unlag.source.document import Document
from unlag.source.parse import parse

from .reading import LIBRARY, SHOP

Draw = Callable[[st.SearchStrategy[Any]], Any]
EDITS = int(os.environ.get("UNLAG_EDITS", "400"))
EDITS_EACH = 8

PATHS = [
    *(LIBRARY / name for name in ("argparse.py", "typing.py", "dataclasses.py", "textwrap.py")),
    *sorted((LIBRARY / "asyncio").glob("*.py")),
    *sorted(SHOP.glob("shop/**/*.py")),
]
TEXTS = [text for text in (path.read_text(encoding="utf-8") for path in PATHS) if text.strip()]

TYPED = [
    *"()[]{}\"'\\#:,=.@x 0*",
    *('"""', "'''", "é", "😀", "pass", "f'{x}'", "else:", "x=1;y=2", "async", "await "),
]
PASTED = [
    "\n",
    "    ",
    "\t",
    "\f",
    "\u2028",
    "\\\n",
    "# c \\\n",
    "def f():\n    return g()\n",
    "    def m(self):\n        return n()\n",
    "class C:\n    a = b()\n    def d(self): e()\n",
    "async def f():\n    await g()\n    await h()\n",
    "try:\n    a()\nexcept A, B:\n    b()\n",
    "else:\n",
    "x = (\n1\n); z = y()\n",
    '"""\nx = y()\n"""\n',
    "@d\n",
    "x()  # unlag: ignore[LAG101]\n",
]


def is_start(line: str) -> bool:
    return line[:1] not in ("", " ", "#", ")", "]", "}", '"', "'")


@st.composite
def beginnings(draw: st.DrawFn) -> str:
    """A file, or a stretch of a long one."""
    text = draw(st.sampled_from(TEXTS))
    lines = text.split("\n")
    if len(lines) < 250:
        return text
    starts = [index for index, line in enumerate(lines) if is_start(line)]
    first = draw(st.sampled_from(starts))
    return "\n".join(lines[first : first + draw(st.integers(5, 200))])


def edit(draw: Draw, text: str, earlier: list[str]) -> str:
    """`text` after something that people do to text."""
    kind = draw(
        st.sampled_from(["type", "paste", "delete", "cut", "copy", "move", "shift", "undo"])
    )
    at = draw(st.integers(0, len(text)))
    if kind == "type":
        return f"{text[:at]}{draw(st.sampled_from(TYPED))}{text[at:]}"
    if kind == "paste":
        at = text.rfind("\n", 0, at) + 1
        return f"{text[:at]}{draw(st.sampled_from(PASTED))}{text[at:]}"
    if kind == "delete":
        return text[:at] + text[at + draw(st.integers(1, 4)) :]
    if kind == "undo":
        return str(draw(st.sampled_from(earlier)))
    lines = text.split("\n")
    first = draw(st.integers(0, len(lines)))
    last = first + draw(st.integers(1, 12))
    block, rest = lines[first:last], [*lines[:first], *lines[last:]]
    if kind == "cut":
        return "\n".join(rest)
    if kind == "shift":
        return "\n".join([*lines[:first], *shifted(draw, block), *lines[last:]])
    target = draw(st.integers(0, len(rest)))
    base = rest if kind == "move" else lines
    return "\n".join([*base[:target], *block, *base[target:]])


def shifted(draw: Draw, block: list[str]) -> list[str]:
    if draw(st.booleans()):
        return ["    " + line for line in block]
    return [line.removeprefix("    ") for line in block]


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(
    max_examples=max(1, EDITS // EDITS_EACH),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_following_edits_equals_reading_again(data: st.DataObject) -> None:
    text = data.draw(beginnings())
    document = Document.read(text)
    texts = [text]
    for _ in range(EDITS_EACH):
        text = edit(data.draw, text, texts)
        document = document.edited(text)
        assert document.text == text
        assert document.facts.lines == text.count("\n") + 1
        if parses(text):
            fresh = parse(text)
            assert document.facts == fresh.facts
            assert document.suppressions == fresh.suppressions
            assert document.trouble is None
        else:
            assert document.trouble is not None
        texts.append(text)
    if parses(texts[0]):  # what does not parse is remembered as it was, which reading anew cannot
        assert document.edited(texts[0]).facts == parse(texts[0]).facts
