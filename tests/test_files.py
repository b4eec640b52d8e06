from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlag import files
from unlag.files import Source
from unlag.finding import Problem


def source(data: bytes) -> Source:
    read = files.decode("shop.py", data)
    assert isinstance(read, Source)
    return read


def complaint(data: bytes) -> tuple[int | None, int | None, str]:
    read = files.decode("shop.py", data)
    problem = read if isinstance(read, Problem) else read.problem
    assert problem is not None
    return problem.line, problem.column, problem.message


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
        (b"x = 1\ry = 2\r", "x = 1\ny = 2\n"),
        (b"x = 1\r\ny = 2\nz = 3\r", "x = 1\ny = 2\nz = 3\n"),
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "# coding: latin-1\nx = 'é'\n"),
        (b"#!/bin/sh\n# vim: set fileencoding=cp1252 :\n'\x80'", None),
        ("ж = '😀 שלום'\n".encode(), "ж = '😀 שלום'\n"),
        (b"x = 1\n# coding: nonsense\n", "x = 1\n# coding: nonsense\n"),
    ],
)
def test_text_is_read_whatever_its_form(data: bytes, text: str | None) -> None:
    read = source(data)
    assert read.problem is None
    if text is None:
        text = "#!/bin/sh\n# vim: set fileencoding=cp1252 :\n'€'"
    assert read.text == text
    assert read.form is not None
    assert files.encode(read.form, read.text, read.text) == data


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"x = 1\r\ny = '\xe9'\n", 2, 6, "byte 0xe9 is not UTF-8"),
        (b"# coding: ascii\n'\xc3\xa9'\n", 2, 2, "not ascii, which the coding cookie names"),
        (b"# coding: klingon\n", 1, None, "names `klingon`"),
        (b"\n# coding: rot13\n", 2, None, "names `rot13`"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, None, "Drop one"),
        (b"x = 1\ny = '\0'\n", 2, 6, "NUL byte"),
        ("x = 1\n".encode("utf-16"), 1, None, "UTF-16"),
    ],
)
def test_what_python_cannot_decode_is_said_with_its_place(
    data: bytes, line: int, column: int | None, words: str
) -> None:
    at_line, at_column, message = complaint(data)
    assert words in message
    assert (at_line, at_column) == (line, None if column is None else column - 1)


def test_undecodable_bytes_leave_the_rest_readable_but_not_writable(tmp_path: Path) -> None:
    path = tmp_path / "shop.py"
    path.write_bytes(b"# caf\xe9\nx = 1\n")
    read = files.read(str(path))
    assert isinstance(read, Source)
    assert read.text.endswith("\nx = 1\n")
    problem = files.write(read, "x = 2\n")
    assert problem is not None
    assert "could not be read whole" in problem.message
    assert path.read_bytes() == b"# caf\xe9\nx = 1\n"


def test_an_edit_changes_nothing_else_in_mixed_line_ends() -> None:
    data = b"a\r\nb\nc\rd\r\ne\n"
    read = source(data)
    assert read.form is not None
    edited = read.text.replace("b\n", "B\n").replace("c\n", "c\nnew\n")
    assert files.encode(read.form, read.text, edited) == b"a\r\nB\nc\rnew\r\nd\r\ne\n"
    assert files.encode(read.form, read.text, "a\nb\n") == b"a\r\nb\n"


LINE = st.text("ab 'é😀\x0c\x85\u2028", max_size=6)
LINES = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\r"])), max_size=12)


@given(LINES, LINE, st.booleans())
def test_reading_and_writing_back_is_the_identity(
    lines: list[tuple[str, str]], last: str, bom: bool
) -> None:
    data = "".join(line + end for line, end in lines).encode() + last.encode()
    data = b"\xef\xbb\xbf" * bom + data
    read = source(data)
    assert read.form is not None
    assert files.encode(read.form, read.text, read.text) == data


@given(LINES, LINES)
def test_any_edit_reads_back_as_it_was_made(
    before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    read = source("".join(line + end for line, end in before).encode())
    edited = "".join(f"{line}\n" for line, _ in after)
    assert read.form is not None
    assert source(files.encode(read.form, read.text, edited)).text == edited


def test_a_file_is_replaced_in_one_step_with_mode_and_link_kept(tmp_path: Path) -> None:
    target = tmp_path / "real" / "shop.py"
    target.parent.mkdir()
    target.write_bytes(b"x = 1\r\n")
    target.chmod(0o750)
    link = tmp_path / "shop.py"
    link.symlink_to(target)
    inode = target.stat().st_ino
    read = files.read(str(link))
    assert isinstance(read, Source)
    assert files.write(read, "x = 2\n") is None
    assert link.is_symlink()
    assert target.read_bytes() == b"x = 2\r\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert target.stat().st_ino != inode
    assert sorted(os.listdir(target.parent)) == ["shop.py"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.py"
    path.write_text("x = 1\n")
    read = files.read(str(path))
    assert isinstance(read, Source)
    path.write_text("x = 1000\n")
    problem = files.write(read, "x = 2\n")
    assert problem is not None
    assert "changed meanwhile" in problem.message
    assert path.read_text() == "x = 1000\n"


def test_a_character_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.py"
    path.write_bytes(b"# coding: latin-1\nx = 1\n")
    read = files.read(str(path))
    assert isinstance(read, Source)
    problem = files.write(read, read.text + "y = '😀'\n")
    assert problem is not None
    assert "iso8859-1 has no '😀'" in problem.message
    assert path.read_bytes() == b"# coding: latin-1\nx = 1\n"


def test_a_failed_replacement_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.py"
    path.write_text("x = 1\n")
    read = files.read(str(path))
    assert isinstance(read, Source)

    def full_disk(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    problem = files.write(read, "x = 2\n")
    assert problem is not None
    assert "no space left on device" in problem.message
    assert os.listdir(tmp_path) == ["shop.py"]
    assert path.read_text() == "x = 1\n"


def test_what_is_no_readable_file_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py") if hasattr(os, "mkfifo") else None
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    words = {
        "gone.py": "gone",
        "loop.py": "symbolic links",
        "dangling.py": "leads to `nowhere.py`",
        "": "directory",
    }
    for name, part in words.items():
        problem = files.read(os.path.join(str(tmp_path), name))
        assert isinstance(problem, Problem), name
        assert part in problem.message


def test_permission_denied_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", locked)
    problem = files.read(str(tmp_path / "shop.py"))
    assert isinstance(problem, Problem)
    assert "permission denied" in problem.message


def test_a_file_that_is_back_by_the_time_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "app.py"
    path.write_text("x = 1\n")

    def late(*arguments: object) -> None:  # as git writes: unlinked first, then made again
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", late)
    read = files.read(str(path))
    assert isinstance(read, Problem)
    assert "gone" in read.message
