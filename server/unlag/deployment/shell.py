"""Cuts shell text into commands, and tells which of them run only under a condition.

Expands nothing: a word with a variable or a substitution in it is not plain, and no rule reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from unlag.deployment.facts import Command, Form, Word, Written

_OPERATOR = re.compile(r"&&|\|\||;;&|;&|;;|[;&|()\n]")
_REDIRECTION = re.compile(r"\d*(?:<<<|&>>|>>|>\||>&|<&|<>|&>|>|<)")
_HEREDOC = re.compile(r"\d*<<(-?)[ \t]*(['\"]?)([A-Za-z_][\w.]*)\2")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_EXPANSION = re.compile(r"\$[\w({@*#?!$'\"-]")
_SKIPPED = frozenset({"then", "elif", "else", "do", "done", "while", "until", "!", "time"})
_CLOSING = {"fi": "if", "esac": "case", "}": "{"}
_TESTS = frozenset({"[", "[[", "test", "command", "which", "type", "grep"})
_ENDS_LINE = frozenset({";", "\n", "&", ";;", ";&", ";;&"})


class Token(msgspec.Struct, frozen=True):
    """A word, or an operator that ends a command."""

    operator: str = ""
    word: Word | None = None

    @property
    def text(self) -> str:
        """The operator or the word as the shell sees it."""
        return self.word.text if self.word is not None else self.operator


def commands(source: Written) -> tuple[Command, ...]:
    """The simple commands of shell text, in their order, without those in heredocs."""
    return tuple(_Reader(list(tokens(source))).commands())


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


class _Reader:
    """Walks over tokens; keeps which blocks it is in."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._blocks: list[str] = []
        self._is_branch = False
        """Whether the command stands behind a test joined by `&&` or `||`."""
        self._may_have_left = False
        """Whether a command before has replaced the shell, or a branch has ended it."""

    def commands(self) -> Iterator[Command]:
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            if token.word is None:
                self._operator(token.operator)
            elif not self._keyword(token.text):
                command = self._command()
                if command is not None:
                    yield command
                    self._note(command)

    def _operator(self, operator: str) -> None:
        self._next += 1
        if operator == "(":
            self._blocks.append("(")
        elif operator == ")" and self._blocks[-1:] == ["("]:  # else it ends a pattern of `case`
            self._blocks.pop()
        elif operator == "||":
            self._is_branch = True
        elif operator in _ENDS_LINE:
            self._is_branch = False

    def _keyword(self, word: str) -> bool:
        """Whether the word at the start of a command is the shell's own; steps over it then."""
        if word in _SKIPPED:
            self._next += 1
        elif word in ("if", "{"):
            self._next += 1
            self._blocks.append(word)
        elif word == "case":
            self._blocks.append(word)
            self._skip_line(until="in")
        elif word in ("for", "select"):
            self._skip_line(until="do")
        elif word in _CLOSING:
            self._next += 1
            self._close(_CLOSING[word])
        elif word == "function" or self._texts(1, 3) == ["(", ")"]:
            self._skip_line(until="{")
            self._blocks.append("function")
        else:
            return False
        return True

    def _close(self, opening: str) -> None:
        while self._blocks:
            block = self._blocks.pop()
            if block == opening or (block == "function" and opening == "{"):
                break

    def _skip_line(self, until: str) -> None:
        while self._next < len(self._tokens):
            self._next += 1
            if self._tokens[self._next - 1].text == until:
                return

    def _texts(self, start: int, end: int) -> list[str]:
        found = self._tokens[self._next + start : self._next + end]
        return [token.operator for token in found]

    def _command(self) -> Command | None:
        words: list[Word] = []
        while self._next < len(self._tokens):
            word = self._tokens[self._next].word
            if word is None:
                break
            words.append(word)
            self._next += 1
        while words and _ASSIGNMENT.match(words[0].text):
            words.pop(0)
        if not words:
            return None
        blocks = {"if", "case", "function"}
        is_guarded = self._is_branch or self._may_have_left or not blocks.isdisjoint(self._blocks)
        return Command(tuple(words), Form.SHELL, is_guarded)

    def _note(self, command: Command) -> None:
        program = command.words[0].text
        if program in _TESTS and self._texts(0, 1) in (["&&"], ["||"]):
            self._is_branch = True
        if "function" in self._blocks or "(" in self._blocks:
            return
        leaves = program == "exec" and len(command.words) > 1
        ends = [word.text for word in command.words] in (["exit"], ["exit", "0"])
        if leaves or (ends and command.is_guarded):
            self._may_have_left = True
