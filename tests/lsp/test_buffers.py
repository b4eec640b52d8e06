"""A buffer against the plainest thing that could be right: cutting the whole text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlag.lsp import positions, uris
from unlag.lsp.buffers import Buffer, Place, Replacement
from unlag.lsp.transport import Frames

ENCODINGS = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}
TEXT = st.text(alphabet="ab 🐌é\t\n\r\x0c\u2028", max_size=30)
PLACE = st.tuples(st.integers(0, 8), st.integers(0, 12))
_END = re.compile(r"\r\n|\n|\r")


def spoken(encoding: str) -> str:
    return encoding.removesuffix("-le")


def offset(text: str, place: tuple[int, int], encoding: str) -> int:
    """Where a place in client units is in `text`, by decoding what stands before it."""
    starts = [0, *(match.end() for match in _END.finditer(text))]
    ends = [*(match.start() for match in _END.finditer(text)), len(text)]
    line, character = place
    if line >= len(starts):
        return len(text)
    content = text[starts[line] : ends[line]].encode(encoding)
    head = content[: character * ENCODINGS[encoding]]
    return starts[line] + len(head.decode(encoding, "ignore"))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXT, edits=st.lists(st.tuples(PLACE, PLACE, TEXT), max_size=6))
def test_edits_give_the_text_that_cutting_it_gives(
    encoding: str, text: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]]
) -> None:
    buffer = Buffer("file:///a.py", "/a.py", 1, text, spoken(encoding))
    for start, end, new in edits:
        first = offset(text, start, encoding)
        last = max(first, offset(text, end, encoding))
        text = text[:first] + new + text[last:]
        buffer.change(2, [Replacement(new, Place(*start), Place(*end))])
        assert buffer.text == _END.sub("\n", text)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(line=st.text(alphabet="ab🐌é\u2028\x0c漢", max_size=12), column=st.integers(0, 12))
def test_columns_survive_the_way_there_and_back(encoding: str, line: str, column: int) -> None:
    column = min(column, len(line))
    units = positions.units(line, column, spoken(encoding))
    assert units * ENCODINGS[encoding] == len(line[:column].encode(encoding))
    assert positions.column(line, units, spoken(encoding)) == column


@given(st.text(alphabet="ab/ %#?;🐌é\udce9", max_size=12))
def test_paths_survive_the_way_there_and_back(name: str) -> None:
    path = "/w" + re.sub("/+", "/", f"/{name}").rstrip("/")
    if "/." not in path:
        assert uris.to_path(uris.from_path(path)) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a%20b/c.py", "/a b/c.py"),
        ("file://localhost/a.py", "/a.py"),
        ("file:///a/../b.py", "/b.py"),
        ("file:///a%3Fb%23c.py", "/a?b#c.py"),
        ("file://elsewhere/a.py", None),
        ("untitled:a.py", None),
        ("file://[", None),
        ("", None),
    ],
)
def test_uris(uri: str, path: str | None) -> None:
    assert uris.to_path(uri) == path


@given(st.lists(st.binary(max_size=20), max_size=4), st.integers(1, 9))
def test_messages_are_cut_out_of_any_stream(bodies: list[bytes], size: int) -> None:
    stream = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)
    frames = Frames()
    found = [
        body
        for start in range(0, len(stream), size)
        for body in frames.feed(stream[start : start + size])
    ]
    assert found == bodies
