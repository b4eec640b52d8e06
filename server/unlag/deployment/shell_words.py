"""Cuts shell text into words and operators, each word with its places.

Expands nothing: a word with a variable or a substitution in it is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from unlag.deployment.facts import Word, Written

_OPERATOR = re.compile(r"&&|\|\||;;&|;&|;;|[;&|()\n]")
_REDIRECTION = re.compile(r"\d*(?:<<<|&>>|>>|>\||>&|<&|<>|&>|>|<)")
_HEREDOC = re.compile(r"\d*<<(-?)[ \t]*(['\"]?)([A-Za-z_][\w.]*)\2")
_EXPANSION = re.compile(r"\$[\w({@*#?!$'\"-]")


class Token(msgspec.Struct, frozen=True):
    """A word, or an operator that ends a command."""

    operator: str = ""
    word: Word | None = None

    @property
    def text(self) -> str:
        """The operator or the word as the shell sees it."""
        return self.word.text if self.word is not None else self.operator


def tokens(source: Written) -> Iterator[Token]:
    """Words and operators; comments, redirections and heredocs are passed over."""
    text = source.text
    place = 0
    waiting: list[tuple[str, bool]] = []
    while place < len(text):
        if text[place] in " \t\r":
            place += 1
        elif text.startswith("\\\n", place):
            place += 2
        elif text[place] == "#":
            place = _line_end(text, place)
        elif match := _HEREDOC.match(text, place):
            waiting.append((match[3], bool(match[1])))
            place = match.end()
        elif match := _REDIRECTION.match(text, place):
            target = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip(" \t"))
            place = _scan(text, target)[0]
        elif match := _OPERATOR.match(text, place):
            yield Token(match[0])
            place = match.end()
            while waiting and match[0] == "\n":
                mark, is_indented = waiting.pop(0)
                place = _after_heredoc(text, place, mark, is_indented=is_indented)
        else:
            end, kept, is_plain = _scan(text, place)
            places = (*(source.at[index] for index in kept), source.at[end - 1] + 1)
            value = Written("".join(text[index] for index in kept), places)
            yield Token(
                word=Word(value, source.at[place], source.at[end - 1] + 1, is_plain=is_plain)
            )
            place = end


def _scan(text: str, place: int) -> tuple[int, list[int], bool]:
    """End of the word at `place`, the indexes of what the program sees, whether it is plain."""
    kept: list[int] = []
    is_plain = True
    quote = ""
    while place < len(text):
        here = text[place]
        if quote != "'" and here == "\\" and place + 1 < len(text):
            if text[place + 1] != "\n":
                if quote and text[place + 1] not in '"\\$`':
                    kept.append(place)
                kept.append(place + 1)
            place += 2
            continue
        if quote != "'" and (here == "`" or _EXPANSION.match(text, place)):
            is_plain = False
            end = _after_expansion(text, place)
            kept.extend(range(place, end))
            place = end
            continue
        if here == quote:
            quote = ""
        elif not quote and here in "'\"":
            quote = here
        elif not quote and (here in " \t\r\n;&|()<>"):
            break
        else:
            kept.append(place)
        place += 1
    return place, kept, is_plain


def _after_expansion(text: str, place: int) -> int:
    if text[place] == "`":
        end = text.find("`", place + 1)
        return len(text) if end < 0 else end + 1
    opening = text[place + 1]
    closing = {"(": ")", "{": "}"}.get(opening)
    if closing is None:
        end = place + 2
        while opening.isalnum() and end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        return end
    depth = 0
    for index in range(place + 1, len(text)):
        depth += (text[index] == opening) - (text[index] == closing)
        if depth == 0:
            return index + 1
    return len(text)


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _after_heredoc(text: str, place: int, mark: str, *, is_indented: bool) -> int:
    while place < len(text):
        end = _line_end(text, place)
        line = text[place:end]
        place = end + 1
        if (line.lstrip("\t") if is_indented else line) == mark:
            break
    return place
