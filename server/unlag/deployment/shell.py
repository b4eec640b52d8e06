"""Cuts shell text into commands, and tells which of them run only under a condition.

Expands nothing: a word with a variable or a substitution in it is not plain, and no rule reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.deployment.branches import Branch, of_pattern, of_test
from unlag.deployment.facts import Command, Form, Word, Written
from unlag.deployment.shell_words import Token, tokens

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_SKIPPED = frozenset({"then", "do", "done", "while", "until", "time"})
_CLOSING = {"fi": "if", "esac": "case", "}": "{"}
_TESTS = frozenset({"[", "[[", "test", "command", "which", "type", "grep"})
_ENDS_LINE = frozenset({";", "\n", "&", ";;", ";&", ";;&"})
_ENDS_CASE = frozenset({";;", ";&", ";;&"})


def commands(source: Written) -> tuple[Command, ...]:
    """The simple commands of shell text, in their order, without those in heredocs."""
    return tuple(_Reader(list(tokens(source))).commands())


class _Block:
    """An `if`, `case`, function, group or subshell that is not closed yet."""

    def __init__(self, opening: str, branch: Branch) -> None:
        self.opening = opening
        self.branch = branch
        """When the part of it runs that is being read."""
        self.before: list[Branch] = []
        """The parts of a `case` that were read."""


class _Reader:
    """Walks over tokens; keeps which blocks it is in."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._blocks: list[_Block] = []
        self._behind = Branch.ALWAYS
        """When what stands here on a line runs, behind `&&` or `||`."""
        self._tested = Branch.ALWAYS
        """What the command before this place tests, if it is a test."""
        self._asks = False
        """Whether the next command is the condition of an `if`."""
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
            self._asks = False
            self._blocks.append(_Block("(", Branch.ALWAYS))
        elif operator == ")" and self._is_in("("):
            self._blocks.pop()
        elif operator == "&&":
            self._behind = _both(self._behind, self._tested)
        elif operator == "||":
            before = self._tested if self._behind is Branch.ALWAYS else self._behind
            self._behind = Branch.PERHAPS if before is Branch.ALWAYS else before.otherwise
        elif operator in _ENDS_LINE:
            self._behind = Branch.ALWAYS
            if operator in _ENDS_CASE and self._is_in("case"):
                self._pattern()
        self._tested = Branch.ALWAYS

    def _keyword(self, word: str) -> bool:
        """Whether the word at the start of a command is the shell's own; steps over it then."""
        if word in _SKIPPED:
            self._next += 1
        elif word == "!":
            self._next += 1
            self._asks = False
        elif word in ("elif", "else"):
            self._next += 1
            self._go_on(word)
        elif word in ("if", "{"):
            self._next += 1
            self._asks = word == "if"
            self._blocks.append(_Block(word, Branch.PERHAPS if self._asks else Branch.ALWAYS))
        elif word == "case":
            self._blocks.append(_Block(word, Branch.PERHAPS))
            self._skip_line(until="in")
            self._pattern()
        elif word in ("for", "select"):
            self._skip_line(until="do")
        elif word in _CLOSING:
            self._next += 1
            self._close(_CLOSING[word])
        elif word == "function" or self._texts(1, 3) == ["(", ")"]:
            self._skip_line(until="{")
            self._blocks.append(_Block("function", Branch.PERHAPS))
        else:
            return False
        return True

    def _go_on(self, word: str) -> None:
        """Into the next part of an `if`."""
        if not self._is_in("if"):
            return
        block = self._blocks[-1]
        self._asks = word == "elif" and block.branch is Branch.IN_DEVELOPMENT
        block.branch = Branch.PERHAPS if self._asks else block.branch.otherwise

    def _pattern(self) -> None:
        """Into the next part of a `case`, over its patterns."""
        found: list[str] = []
        for place in range(self._next, len(self._tokens)):
            token = self._tokens[place]
            if token.operator == ")":
                block = self._blocks[-1]
                block.branch = of_pattern(found, block.before)
                block.before.append(block.branch)
                self._next = place + 1
                return
            if token.word is not None:
                found.append(token.text)
            elif token.operator not in ("\n", "(", "|"):
                return
            if found == ["esac"]:
                return

    def _is_in(self, opening: str) -> bool:
        return bool(self._blocks) and self._blocks[-1].opening == opening

    def _close(self, opening: str) -> None:
        while self._blocks:
            block = self._blocks.pop().opening
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
        blocks = (block.branch for block in self._blocks)
        is_certain = all(branch.is_certain for branch in (self._behind, *blocks))
        return Command(tuple(words), Form.SHELL, self._may_have_left or not is_certain)

    def _note(self, command: Command) -> None:
        texts = [word.text for word in command.words]
        self._tested = of_test(texts) if texts[0] in _TESTS else Branch.ALWAYS
        if self._asks:
            self._asks = False
            if self._texts(0, 1)[:1] in ([";"], ["\n"]):
                self._blocks[-1].branch = of_test(texts)
            return
        if any(block.opening in ("function", "(") for block in self._blocks):
            return
        if any(item.is_elsewhere for item in (self._behind, *(b.branch for b in self._blocks))):
            return
        leaves = texts[0] == "exec" and len(texts) > 1
        is_branch = bool(self._blocks) or self._behind is not Branch.ALWAYS
        if leaves or (texts in (["exit"], ["exit", "0"]) and is_branch):
            self._may_have_left = True


def _both(one: Branch, other: Branch) -> Branch:
    """When a command runs that stands behind two conditions."""
    if Branch.ALWAYS in (one, other):
        return other if one is Branch.ALWAYS else one
    return Branch.NOT_IN_PRODUCTION if one.is_elsewhere or other.is_elsewhere else Branch.PERHAPS
