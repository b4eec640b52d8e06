"""Reads and replaces Python files, so that nothing but the edit changes on disk.

The one place that knows encodings, byte order marks and line ends; everything after it sees text
with `\\n`. Trouble comes back as a `Problem`; which files there are is the business of `discovery`.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import stat
from collections.abc import Iterator

import msgspec

from unlag.finding import Problem

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Form(msgspec.Struct, frozen=True):
    """How a file's text is stored: what it takes to write it back."""

    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    """The line end of the file, or the commonest where they are mixed."""
    ends: tuple[str, ...] = ()
    """Every line's own end, only where they are mixed."""
    stamp: tuple[int, int] = (0, 0)
    """Time of change and size when it was read."""


class Source(msgspec.Struct, frozen=True):
    """A file that was read."""

    path: str
    text: str
    form: Form | None
    """None where the bytes do not all stand in `text`; such a file must not be written."""
    problem: Problem | None = None
    """What kept it from being read whole."""


def read(path: str) -> Source | Problem:
    """The file's text with line ends as `\\n`, or why there is none."""
    try:
        with open(path, "rb") as handle:
            status = os.fstat(handle.fileno())
            if not stat.S_ISREG(status.st_mode):
                return Problem(path, "This is not a regular file. Name a Python file or a folder.")
            data = handle.read()
    except FileNotFoundError:
        return Problem(path, _missing(path))
    except OSError as error:
        return Problem(path, f"The file cannot be read: {reason(error)}.")
    return decode(path, data, (status.st_mtime_ns, status.st_size))


def decode(path: str, data: bytes, stamp: tuple[int, int] = (0, 0)) -> Source | Problem:
    """What `read` gives for a file that holds `data`."""
    if b"\0" in data:
        return _with_nul(path, data)
    bom = data.startswith(codecs.BOM_UTF8)
    if bom:
        data = data[len(codecs.BOM_UTF8) :]
    encoding, problem = _encoding(path, data, bom)
    text = None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        problem = problem or _undecodable(path, data, error, encoding)
    except (LookupError, ValueError) as error:  # codecs of odd kinds raise what they like
        problem = problem or Problem(path, f"The file cannot be decoded as {encoding}: {error}.", 1)
    if text is None:
        text = data.decode("utf-8", "replace")
    form = None if problem else _form(text, encoding, bom, stamp)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Source(path, text, form, problem)


def write(source: Source, text: str) -> Problem | None:
    """Replace the file's content in one step with `text`, stored the way it was before.

    A reader sees the old file or the new one. A symbolic link stays one: its target is replaced.
    """
    form = source.form
    if form is None:
        return Problem(source.path, "Nothing was written: the file could not be read whole.")
    try:
        data = encode(form, source.text, text)
        target = os.path.realpath(source.path)
        status = os.stat(target)
        if form.stamp not in ((0, 0), (status.st_mtime_ns, status.st_size)):
            return Problem(
                source.path, "Nothing was written: the file changed meanwhile. Run again."
            )
        if not os.access(target, os.W_OK):
            return Problem(source.path, "Nothing was written: the file is read-only.")
        _replace(target, data, status)
    except OSError as error:
        return Problem(source.path, f"Nothing was written: {reason(error)}.")
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        message = f"Nothing was written: {form.encoding} has no {character!r}."
        return Problem(source.path, message)
    return None


def encode(form: Form, before: str, after: str) -> bytes:
    """The bytes that store `after` in a file that stored `before` in this form."""
    if form.ends:
        after = _with_own_ends(form, before, after)
    elif form.newline != "\n":
        after = after.replace("\n", form.newline)
    return (codecs.BOM_UTF8 if form.bom else b"") + after.encode(form.encoding)


def reason(error: OSError) -> str:
    """Why the system refused, in the words a user knows."""
    return (error.strerror or type(error).__name__).lower()


def _missing(path: str) -> str:
    try:
        target = os.readlink(path)
    except OSError:  # not there, or there again by now and no link
        return "The file is gone. Run again if it was moved while Unlag was reading."
    return f"This symbolic link leads to `{target}`, which does not exist."


def _with_nul(path: str, data: bytes) -> Problem:
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return Problem(path, "The file is UTF-16, which Python cannot import. Save it as UTF-8.", 1)
    before = data[: data.index(b"\0")].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    column = len(before) - before.rfind(b"\n") - 1
    message = "The file holds a NUL byte, so Python cannot import it. Remove the byte."
    return Problem(path, message, line, column)


def _encoding(path: str, data: bytes, bom: bool) -> tuple[str, Problem | None]:
    """The codec to decode with, and what is wrong with the coding cookie (PEP 263)."""
    found = _cookie(data)
    if found is None:
        return "utf-8", None
    line, name = found
    try:
        codec = codecs.lookup(name)
    except LookupError:
        codec = None
    if codec is None or not getattr(codec, "_is_text_encoding", True):
        message = f"The coding cookie names `{name}`, an encoding Python does not have. Correct it."
        return "utf-8", Problem(path, message, line)
    if bom and codec.name != "utf-8":
        message = f"The file starts with a UTF-8 mark and names `{name}` as its coding. Drop one."
        return "utf-8", Problem(path, message, line)
    return "utf-8" if codec.name == "utf-8-sig" else codec.name, None


def _cookie(data: bytes) -> tuple[int, str] | None:
    head = data[:2000]
    if b"coding" not in head:
        return None
    lines = re.split(rb"\r\n|\r|\n", head, maxsplit=2)[:2]
    for number, line in enumerate(lines, 1):
        if match := _COOKIE.match(line):
            return number, match[1].decode("ascii", "replace")
        if not _BLANK.match(line):
            break
    return None


def _undecodable(path: str, data: bytes, error: UnicodeDecodeError, encoding: str) -> Problem:
    before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    last_line = before[before.rfind(b"\n") + 1 :]
    column = len(last_line.decode(encoding, "replace"))
    byte = f"byte 0x{data[error.start]:02x}"
    if _cookie(data) is None:
        message = (
            f"This {byte} is not UTF-8 and the file names no other coding, so Python cannot import "
            "it. Save the file as UTF-8."
        )
    else:
        message = (
            f"This {byte} is not {encoding}, which the coding cookie names. Correct the cookie."
        )
    return Problem(path, message, line, column)


def _form(text: str, encoding: str, bom: bool, stamp: tuple[int, int]) -> Form:
    if "\r" not in text:
        return Form(encoding, bom, stamp=stamp)
    ends = tuple(_LINE_END.findall(text))
    kinds = dict.fromkeys(ends)  # in the order of the text: a draw goes to the first
    return Form(encoding, bom, max(kinds, key=ends.count), ends if len(kinds) > 1 else (), stamp)


def _with_own_ends(form: Form, before: str, after: str) -> str:
    """`after` with each kept line's own end; a new line takes the commonest one."""
    lines = after.split("\n")
    parts: list[str] = []
    last = ""
    for line, end in zip(lines[:-1], _ends(form, before.split("\n"), lines), strict=False):
        if last == "\r" and not line and end == "\n":
            end = "\r"  # the two would read as one line end
        parts += (line, end)
        last = end
    return "".join([*parts, lines[-1]])


def _ends(form: Form, old: list[str], new: list[str]) -> Iterator[str]:
    import difflib  # few runs write texts

    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal" or end - start == new_end - new_start:
            yield from (*form.ends, form.newline)[start:end]
        else:
            yield from [form.newline] * (new_end - new_start)


def _replace(target: str, data: bytes, status: os.stat_result) -> None:
    import tempfile  # few runs write texts

    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".unlag-")
    try:
        with open(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):  # only root can give a file away
                os.chown(temporary, status.st_uid, status.st_gid)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
