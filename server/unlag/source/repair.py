"""Makes text parse by giving up as few lines as possible; invents nothing.

A line that cannot be read becomes `_`, or, where it opened a block, the shortest header of the same
kind, so that what stands inside is neither lost nor taken for something else. Lines and columns of
all that is kept stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from unlag.source.chunks import indentation_of
from unlag.source.lexical import masked
from unlag.source.tree import UNREADABLE, statements

_MOST_ATTEMPTS = 14
_HEADER = re.compile(
    r"\s*(async\s+def|def|class|if|elif|else|async\s+for|for|while|async\s+with|with|try|except"
    r"|finally|(?:match|case)(?=\s+[\w\"'\[({*-]))\b(?:\s+(\w+))?"
)
_CODE = re.compile(
    r"\s*(?:@\w|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+|import\s+\w|from\s+[.\w]+\s+import"
    r"|(?:if|for|while|with|async|elif)\s.*:\s*(?:#.*)?$|(?:else|try|finally)\s*:"
    r"|(?:return|raise|await|yield|del|assert)\b|[\w.]+\s*(?:=|\(|\[|\+=|-=)|(?:pass|break|continue)$)"
)
_SHORTEST = {
    "if": "if _:",
    "elif": "elif _:",
    "else": "else:",
    "for": "for _ in _:",
    "async for": "async for _ in _:",
    "while": "while _:",
    "with": "if _:",
    "async with": "if _:",
    "try": "try:",
    "except": "except _:",
    "finally": "finally:",
    "match": "match _:",
    "case": "case _:",
}
_CONTINUING = frozenset({"elif", "else", "except", "finally", "case"})


class Repaired(NamedTuple):
    """Statements, and the lines they were read from."""

    statements: list[ast.stmt]
    lines: list[str]


def repaired(lines: list[str], protected: int = 0) -> Repaired | None:
    """`lines` made to parse, the first `protected` of them untouched; None where that fails."""
    patient = _Patient(_possible(lines), protected)
    for _ in range(_MOST_ATTEMPTS):
        try:
            return Repaired(statements("\n".join(patient.lines) + "\n"), patient.lines)
        except SyntaxError as error:
            if not patient.treat(error.msg or "", (error.lineno or 1) - 1):
                return None
        except UNREADABLE:
            patient.give_up_longest()
    return patient.cut_short()


def _possible(lines: list[str]) -> list[str]:
    """The lines without characters that no source can hold."""
    text = "\n".join(lines).replace("\0", " ")
    return text.encode("utf-8", "replace").decode().split("\n")


class _Patient:
    """The lines being repaired."""

    def __init__(self, lines: list[str], protected: int) -> None:
        self.lines = lines
        self._protected = protected
        self._touched: set[int] = set()
        self._last = len(lines)

    def treat(self, message: str, index: int) -> bool:
        """Change something about the error; False where there is nothing left to change."""
        self._last = index
        for pattern, remedy in _REMEDIES:
            match = pattern.search(message)
            if match is not None and remedy(self, match, index):
                return True
        return self._give_up(index)

    def give_up_longest(self) -> None:
        """Give up the line that most likely nests too deeply."""
        lines = self.lines
        index = max(range(self._protected, len(lines)), key=lambda at: len(lines[at].strip()))
        self._set(index, indentation_of(lines[index]) + "_")

    def cut_short(self) -> Repaired | None:
        """Give up all lines from the last error on."""
        for index in range(min(self._last, len(self.lines) - 1), len(self.lines)):
            self.lines[index] = ""
        previous = self._code_before(min(self._last, len(self.lines)))
        if previous >= self._protected:
            self.lines[previous] = _with_body(self.lines[previous])
        try:
            return Repaired(statements("\n".join(self.lines) + "\n"), self.lines)
        except UNREADABLE:
            return None

    def add_body(self, match: re.Match[str], index: int) -> bool:
        """A header without a block gets one."""
        header = self._code_before(min(index, len(self.lines)))
        header = max(header, int(match[1]) - 1)
        if not self._protected <= header < len(self.lines):
            return False
        changed = _with_body(self.lines[header])
        if changed == self.lines[header]:
            return False
        self._set(header, changed)
        return True

    def close_try(self, match: re.Match[str], index: int) -> bool:
        """A `try` without handlers becomes a plain block."""
        for at in range(min(index, len(self.lines) - 1), self._protected - 1, -1):
            if re.match(r"\s*try\s*:", self.lines[at]):
                self._set(at, self.lines[at].replace("try", "if 1", 1))
                return True
        return False

    def blank(self, match: re.Match[str], index: int) -> bool:
        """A line that fits no block goes."""
        if not self._protected <= index < len(self.lines) or not self.lines[index].strip():
            return False
        self._set(index, "")
        return True

    def flatten(self, match: re.Match[str], index: int) -> bool:
        """Blocks nested deeper than Python can: give up what is deeper than the line above."""
        above = self._reachable(index - 1)
        if above < 0:
            return False
        depth = len(indentation_of(self.lines[above]))
        for at in range(above + 1, len(self.lines)):
            if len(indentation_of(self.lines[at])) > depth:
                self._set(at, "")
        self._set(above, indentation_of(self.lines[above]) + "_")
        return True

    def mend_header(self, match: re.Match[str], index: int) -> bool:
        """Lines that are too deep: the line above was meant to open their block."""
        if index >= len(self.lines):
            return False
        above = self._code_before(index)
        if above < self._protected:
            return self.blank(match, index)
        line = self.lines[above]
        if indentation_of(line) < indentation_of(self.lines[index]) and not _opens(line):
            self._set(above, indentation_of(line) + (_shortest(line) or "if _:"))
            return True
        return self.blank(match, index)

    def close(self, match: re.Match[str], index: int) -> bool:
        """An opening without its end: give up the line and the lines that were inside."""
        index = self._reachable(index)
        if index < 0:
            return False
        line = self.lines[index]
        is_text = "quoted" in match[0]
        header = _shortest(line)
        if header is not None and not is_text and self._has_block(index):
            self._set(index, indentation_of(line) + header)
            return True
        self._set(index, indentation_of(line) + "_")
        self._sweep(index, is_text=is_text)
        return True

    def _give_up(self, index: int) -> bool:
        index = self._reachable(index)
        if index < 0:
            return False
        line = self.lines[index]
        header = _shortest(line)
        keyword = _keyword(line)
        if header is not None and self._is_deeper_below(index):
            replacement = header if header != line.strip() else "if _:"
        elif keyword in _CONTINUING:
            replacement = ""
        else:
            replacement = "_"
        self._set(index, indentation_of(line) + replacement if replacement else "")
        return True

    def _reachable(self, index: int) -> int:
        """The last line up to `index` that holds code and was not changed yet, or -1."""
        index = min(index, len(self.lines) - 1)
        while index >= self._protected:
            if index not in self._touched and self.lines[index].strip():
                return index
            index -= 1
        return -1

    def _code_before(self, index: int) -> int:
        index -= 1
        while index >= 0 and not masked(self.lines[index]).strip():
            index -= 1
        return index

    def _is_deeper_below(self, index: int) -> bool:
        below = index + 1
        while below < len(self.lines) and not self.lines[below].strip():
            below += 1
        if below >= len(self.lines):
            return False
        return len(indentation_of(self.lines[below])) > len(indentation_of(self.lines[index]))

    def _has_block(self, index: int) -> bool:
        """Whether the lines below are a block rather than the rest of a bracket."""
        if not self._is_deeper_below(index):
            return False
        below = next(line for line in self.lines[index + 1 :] if line.strip())
        return not below.rstrip().endswith(",") and bool(_CODE.match(below) or '"""' in below)

    def _sweep(self, index: int, *, is_text: bool) -> None:
        """Blank the lines below that were inside the opening."""
        depth = len(indentation_of(self.lines[index]))
        above = self._code_before(index)
        is_docstring = above < self._protected or _opens(self.lines[above])
        for at in range(index + 1, len(self.lines)):
            line = self.lines[at]
            stripped = line.strip()
            if not stripped:
                continue
            is_deeper = len(indentation_of(line)) > depth
            if is_text and depth and len(indentation_of(line)) < depth:
                return
            is_prose = is_text and (is_docstring or not _CODE.match(line))
            if not (is_prose or stripped[0] in ")]}" or (is_deeper and not is_text)):
                return
            self._set(at, "")

    def _set(self, index: int, line: str) -> None:
        self.lines[index] = line
        self._touched.add(index)


_REMEDIES: tuple[tuple[re.Pattern[str], Callable[[_Patient, re.Match[str], int], bool]], ...] = (
    (re.compile(r"expected an indented block after .*on line (\d+)"), _Patient.add_body),
    (re.compile("expected 'except' or 'finally' block"), _Patient.close_try),
    (re.compile("unindent does not match"), _Patient.blank),
    (re.compile("too many levels"), _Patient.flatten),
    (re.compile("unexpected indent"), _Patient.mend_header),
    (re.compile("never closed|triple-quoted|unterminated .-string"), _Patient.close),
)


def _keyword(line: str) -> str:
    match = _HEADER.match(line)
    return " ".join(match[1].split()) if match else ""


def _shortest(line: str) -> str | None:
    """The shortest header of the kind that `line` has; a definition keeps its name."""
    match = _HEADER.match(line)
    if match is None:
        return None
    keyword = _keyword(line)
    if keyword in ("def", "async def"):
        return f"{keyword} {_name(match[2])}():"
    if keyword == "class":
        return f"class {_name(match[2])}:"
    return _SHORTEST[keyword]


def _name(word: str | None) -> str:
    return word if word and word.isidentifier() and not word[0].isdigit() else "_"


def _opens(line: str) -> bool:
    return masked(line).rstrip().endswith(":")


def _with_body(line: str) -> str:
    """A header with a block of nothing behind its colon; any other line as it is."""
    code = masked(line).rstrip()
    return line[: len(code)] + " _" if code.endswith(":") else line
