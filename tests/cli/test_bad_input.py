"""Every kind of bad input gives one clear message, and a finding in another file is still found."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from unlag import files
from unlag.cli import places

from .runs import Result, Run
from .test_check import write

ROUTE = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root():
    time.sleep(1)
"""
FOUND = re.compile(r"^main\.py:10:5: error LAG101 ", re.MULTILINE)


@pytest.fixture
def shop(project: Path) -> Path:
    """A project with one finding."""
    write(project, "main.py", ROUTE)
    return project


def assert_found(result: Result, code: int = 1) -> None:
    assert FOUND.search(result.out), result
    assert result.code == code, result
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"s = '\xe9'\n", "bad.py:1:6: This byte 0xe9 is not UTF-8"),
        (b"# coding: klingon\nx = 1\n", "bad.py:1: The coding cookie names `klingon`"),
        (b"# coding: ascii\ns = '\xc3\xa9'\n", "bad.py:2:6: This byte 0xc3 is not ascii"),
        (b"x = 1\ny = '\0'\n", "bad.py:2:6: The file holds a NUL byte"),
        (b"x = 1\ndef f(:\n", "bad.py:2"),
        (b"x = (\n", "bad.py:1"),
        (b"if x:\n\ty = 1\n        z = 2\n", "bad.py:3"),
    ],
)
def test_a_file_that_python_cannot_import_is_said_with_its_place(
    shop: Path, unlag: Run, data: bytes, said: str
) -> None:
    (shop / "bad.py").write_bytes(data)
    result = unlag("check")
    assert_found(result)
    (line,) = result.err.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\n\n\n",
        b"x = 1",
        b"\x0c\nx = 1\n",
        "x = '\u2028 \x85 \u05e9\u05dc\u05d5\u05dd \U0001f600'\n".encode(),
        "\u5909\u6570 = 1\n\u0441\u0443\u043c\u043c\u0430 = 2\n".encode(),
    ],
)
def test_odd_but_good_files_are_no_trouble(shop: Path, unlag: Run, data: bytes) -> None:
    (shop / "odd.py").write_bytes(data)
    result = unlag("check")
    assert_found(result)
    assert result.err == ""


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_places_are_right_whatever_the_line_ends(
    project: Path, unlag: Run, end: str, bom: bytes
) -> None:
    (project / "main.py").write_bytes(bom + ROUTE.replace("\n", end).encode())
    assert_found(unlag("check"))


def test_columns_count_characters(project: Path, unlag: Run) -> None:
    text = ROUTE.replace("    time.sleep(1)", "    '\U0001f600\u00e9', time.sleep(1)")
    write(project, "main.py", text)
    assert "main.py:10:11: error LAG101" in unlag("check").out


def test_names_with_emoji_and_right_to_left_text(shop: Path, unlag: Run) -> None:
    write(shop, "\u05d7\u05e0\u05d5\u05ea/\U0001f600.py", ROUTE)
    assert "\u05d7\u05e0\u05d5\u05ea/\U0001f600.py:10:5: error" in unlag("check").out


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_a_file_name_that_is_not_utf8(shop: Path, unlag: Run, form: str) -> None:
    with open(os.fsencode(shop) + b"/caf\xe9.py", "w") as handle:
        handle.write(ROUTE)
    result = unlag("check", "--output-format", form)
    assert result.code == 1
    assert "Traceback" not in result.err
    assert "main.py" in result.out


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_file_name_that_no_line_can_show(shop: Path, unlag: Run, form: str) -> None:
    (shop / "a\n\x1b[31mb.py").write_text(ROUTE)
    result = unlag("check", "--output-format", form)
    assert result.code == 1
    assert "\x1b" not in result.out
    assert "\n\x1b[31mb.py" not in result.out
    assert form == "sarif" or "b.py" in result.out


def test_a_question_of_python_itself_ends_a_sentence(shop: Path, unlag: Run) -> None:
    write(shop, "old.py", "print 'a'\n")
    assert "print(...)? What stands around it" in unlag("check").err


def test_links_that_loop(shop: Path, unlag: Run) -> None:
    (shop / "self").symlink_to(shop)
    (shop / "loop.py").symlink_to("loop.py")
    (shop / "a").symlink_to("b")
    (shop / "b").symlink_to("a")
    result = unlag("check")
    assert_found(result)
    assert result.out.count("error LAG101 ") == 1
    (line,) = result.err.splitlines()
    assert line.startswith("loop.py: The file cannot be read: too many levels of symbolic links")


def test_files_and_folders_that_may_not_be_read(
    shop: Path, unlag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(shop, "locked/x.py", "")
    write(shop, "secret.py", "")
    scandir, real_open = os.scandir, open

    def locked(path: str) -> object:
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    def guarded(path: object, *rest: object, **named: object) -> object:
        if str(path).endswith("secret.py"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", locked)
    monkeypatch.setattr("builtins.open", guarded)
    result = unlag("check")
    assert_found(result)
    assert sorted(result.err.splitlines()) == [
        "locked: The folder cannot be read: permission denied. Its files are left out.",
        "secret.py: The file cannot be read: permission denied.",
    ]
    assert unlag("check", "main.py", "secret.py").code == 2
    assert unlag("check", "main.py", "locked").code == 2


def test_a_file_that_vanishes_while_others_are_read(
    shop: Path, unlag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = write(shop, "gone.py", "")
    read = files.read

    def read_later(path: str) -> object:
        gone.unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(files, "read", read_later)
    result = unlag("check", "--no-cache")
    assert_found(result)
    assert result.err.startswith("gone.py: The file is gone.")


@pytest.mark.parametrize("arguments", [(), (".",), ("empty",), ("empty", "missing")])
def test_no_python_files(project: Path, unlag: Run, arguments: tuple[str, ...]) -> None:
    (project / "empty").mkdir()
    result = unlag("check", *arguments)
    assert result.code == 2
    assert result.err
    assert "Traceback" not in result.err


def test_a_missing_path_costs_the_others_nothing(shop: Path, unlag: Run) -> None:
    result = unlag("check", "main.py", "missing.py")
    assert_found(result, code=2)
    assert result.err == "missing.py: There is no such file or folder. Correct the path.\n"


def test_a_named_file_that_is_not_python(shop: Path, unlag: Run) -> None:
    (shop / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    result = unlag("check", "main.py", "picture.png")
    assert_found(result, code=2)
    assert result.err.startswith("picture.png:3:1: The file holds a NUL byte")


def test_a_configuration_with_mistakes_is_said_and_the_rest_of_it_holds(
    shop: Path, unlag: Run
) -> None:
    table = '[tool.unlag]\nselct = ["LAG1"]\noffload-style = 3\nexclude = ["old/"]\n'
    write(shop, "pyproject.toml", table)
    write(shop, "old/x.py", ROUTE)
    result = unlag("check")
    assert_found(result, code=2)
    assert "old/x.py" not in result.out
    assert [line.split(": ")[0] for line in result.err.splitlines()] == [
        "pyproject.toml:2:1",
        "pyproject.toml:3:1",
    ]


def test_broken_toml(shop: Path, unlag: Run) -> None:
    write(shop, "pyproject.toml", '[tool.unlag]\nselect = ["LAG1"\nx = 1\n')
    result = unlag("check")
    assert_found(result, code=2)
    assert result.err.startswith("pyproject.toml:3:")


def test_deep_nesting(shop: Path, unlag: Run) -> None:
    write(shop, "deep.py", "x = " + "(" * 5000 + "1" + ")" * 5000 + "\n")
    write(shop, "sum.py", "x = " + " + ".join(["1"] * 5000) + "\n")
    write(shop, "dots.py", "x = a" + ".b()" * 5000 + "\n")
    blocks = "".join(f"{' ' * depth}if x:\n" for depth in range(90))
    write(shop, "blocks.py", f"{blocks}{' ' * 90}pass\n")
    chain = "if x: pass\n" + "elif y: pass\n" * 5000
    write(shop, "chain.py", chain)
    result = unlag("check")
    assert_found(result)
    for line in result.err.splitlines():
        assert re.match(r"(deep|sum|dots|blocks|chain)\.py:\d+", line), line


def test_a_very_long_file(project: Path, unlag: Run) -> None:
    functions = "".join(f"def f{i}(x):\n    return x.y(1)\n\n\n" for i in range(25_000))
    write(project, "main.py", f"{ROUTE}\n\n{functions}")
    assert_found(unlag("check"))


def test_recursive_imports_and_classes(shop: Path, unlag: Run) -> None:
    write(shop, "a.py", "from b import *\nfrom b import B\nclass A(B): pass\nx = A().y.z()\n")
    write(shop, "b.py", "from a import *\nfrom a import A\nclass B(A): y = A\nclass C(C): pass\n")
    write(shop, "c.py", "from c import f\ndef f(): return f()\ng = g\nh = lambda: h()\n")
    result = unlag("check")
    assert_found(result)
    assert result.err == ""


def test_two_modules_of_one_name(shop: Path, unlag: Run) -> None:
    write(shop, "db.py", "import time\ndef load(): time.sleep(1)\n")
    write(shop, "db/__init__.py", "def load(): return 1\n")
    write(shop, "other/main.py", ROUTE)
    result = unlag("check")
    assert_found(result)
    assert result.err == ""


def test_syntax_of_a_newer_python_costs_at_most_its_own_statement(shop: Path, unlag: Run) -> None:
    newer = "def helper():\n    try:\n        pass\n    except A, B:\n        pass\nname = t'{x}'\n"
    write(shop, "main.py", f"{ROUTE}\n\n{newer}")
    assert FOUND.search(unlag("check").out)


def test_syntax_of_a_newer_python_is_told_once_and_is_no_reason_to_fail(
    project: Path, unlag: Run
) -> None:
    write(project, "main.py", ROUTE.replace("time.sleep(1)", "return time.time()"))
    for name in ("a.py", "b.py", "c.py"):
        write(project, name, "name = t'{x}'\n")
    checked = unlag("check")
    assert checked.code == 0
    assert checked.err.startswith("a.py:1:8: This file has syntax of a Python newer than ")
    assert checked.err.endswith(" all the same. The same goes for 2 other files.\n")
    assert unlag("endpoints").code == 0
    said = unlag("check", "--output-format", "github").out
    assert said.startswith("::notice file=a.py,")
    assert said.count("all the same") == 1
    assert (
        len(json.loads(unlag("check", "--output-format", "json").out)["summary"]["problems"]) == 3
    )
    write(project, "d.py", "def (\n")
    assert unlag("check").code == 1


def test_tabs_and_ends_of_lines_stay_in_texts_but_not_in_names() -> None:
    assert places.printable("\tx = 1\ny\x1b") == "\tx = 1\ny\ufffd"
    assert places.shown("a\tb\nc.py") == "a\ufffdb\ufffdc.py"
