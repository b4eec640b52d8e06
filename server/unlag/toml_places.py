"""Finds where each key and value of a TOML text stands, for messages that point at it.

Takes text that `tomllib` has already accepted; it neither validates nor interprets values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r'''(?P<skip>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[\[\]{}=,.])
    |(?P<bare>[^\s\[\]{}=,.\#"']+)''',
    re.VERBOSE | re.DOTALL,
)

Path = tuple[str | int, ...]


class Token(NamedTuple):
    """One lexical element and where it starts."""

    kind: str
    text: str
    offset: int


def position(text: str, path: Path) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of what `path` leads to: a key, or an element of an array.

    A path with no place of its own gets its nearest parent's, at worst the start of the text.
    """
    places = dict(_Scanner(text).places())
    while path and path not in places:
        path = path[:-1]
    offset = places.get(path, 0)
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start


class _Scanner:
    """Reads tokens one after the other; the places come out in the order of the text."""

    def __init__(self, text: str) -> None:
        self._tokens = [
            Token(match.lastgroup or "", match.group(), match.start())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "skip"
        ]
        self._next = 0

    def places(self) -> Iterator[tuple[Path, int]]:
        table: Path = ()
        while self._next < len(self._tokens):
            token = self._peek()
            if token.kind == "newline":
                self._next += 1
            elif token.text == "[":
                table = self._header()
                yield table, token.offset
            else:
                yield from self._pair(table)

    def _header(self) -> Path:
        while self._peek().text == "[":
            self._next += 1
        name = self._key()
        while self._peek().text == "]":
            self._next += 1
        return name

    def _pair(self, table: Path) -> Iterator[tuple[Path, int]]:
        offset = self._peek().offset
        path = table + self._key()
        self._next += 1  # the equals sign
        yield path, offset
        yield from self._value(path)

    def _key(self) -> Path:
        parts = [_unquoted(self._take())]
        while self._peek().text == ".":
            self._next += 1
            parts.append(_unquoted(self._take()))
        return tuple(parts)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        opening = self._take().text
        if opening == "[":
            yield from self._array(path)
        elif opening == "{":
            yield from self._inline_table(path)
        else:
            # numbers and dates hold dots and may hold spaces
            while self._peek().kind == "bare" or self._peek().text == ".":
                self._next += 1

    def _array(self, path: Path) -> Iterator[tuple[Path, int]]:
        index = 0
        while (token := self._peek()).text != "]" and token.kind:
            if token.kind == "newline" or token.text == ",":
                self._next += 1
                continue
            yield (*path, index), token.offset
            yield from self._value((*path, index))
            index += 1
        self._next += 1

    def _inline_table(self, path: Path) -> Iterator[tuple[Path, int]]:
        while (token := self._peek()).text != "}" and token.kind:
            if token.kind == "newline" or token.text == ",":
                self._next += 1
            else:
                yield from self._pair(path)
        self._next += 1

    def _peek(self) -> Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else Token("", "", 0)

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token


def _unquoted(token: Token) -> str:
    if token.kind != "string":
        return token.text
    body = token.text[1:-1]
    if token.text[0] == '"' and "\\" in body:
        return body.encode("latin-1", "backslashreplace").decode("unicode_escape")
    return body
