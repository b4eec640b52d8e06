"""The thread that puts the open questions to jedi while nobody types, and leaves word of the answers.

The first thing that happens in the editor ends its turn; what was not answered is asked again later.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from unlag.lsp.inbox import Inbox
from unlag.lsp.log import logger
from unlag.lsp.oracle.asking import Oracle, Surroundings
from unlag.lsp.oracle.questions import Asked, Questions
from unlag.project.hints import Hint

if TYPE_CHECKING:
    from unlag.lsp.projects import Projects

IDLE = 1.5
"""Seconds without anything happening before jedi is asked."""
_MOST_STUMBLES = 20
"""Places that took jedi too long, after which a project is left alone."""


class Consultant:
    """Asks on behalf of every project; at most one child process at a time."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._given_up: set[str] = set()

    def start(self) -> None:
        """Run beside everything else, for as long as the process lives."""
        threading.Thread(target=self._run, name="oracle", daemon=True).start()

    def _run(self) -> None:
        seen = -1
        while True:
            generation = self._inbox.quiet(IDLE, seen)
            try:
                seen = generation if self._consult(generation) else -1
            except Exception:
                logger.exception("jedi was not asked. Please report this.")
                return

    def _consult(self, generation: int) -> bool:
        """Ask what is open; whether there is nothing left to ask."""
        for root in self._inbox.ask(_roots).result():
            if root not in self._given_up:
                matter = self._inbox.ask(partial(_matter, root=root)).result()
                if matter is not None and not self._put(matter, generation):
                    return False
        return True

    def _put(self, matter: _Matter, generation: int) -> bool:
        """Put the questions, as long as nothing happens; whether all were answered."""
        oracle = Oracle(matter.surroundings)
        hints: dict[str, Hint] = {}
        is_done = True
        try:
            for item in matter.asked:
                answers = oracle.ask(item.question, lambda: self._inbox.generation == generation)
                hints.update(matter.questions.settle(item, answers))
                if len(answers) < len(item.calls):
                    matter.questions.reopen(item)
                    is_done = False
                if oracle.stumbled > _MOST_STUMBLES:
                    self._given_up.add(matter.surroundings.root)
                    break
        finally:
            oracle.close()
        root = matter.surroundings.root
        names = sum(len(hint.names) for hint in hints.values())
        said = "%s: jedi named %d of %d open calls in %.1f s"
        logger.info(said, root, names, oracle.asked, oracle.seconds)
        if hints:
            self._inbox.put(hints={root: hints})
        return is_done


class _Matter(msgspec.Struct):
    """What is open in one project."""

    surroundings: Surroundings
    questions: Questions
    asked: tuple[Asked, ...]


def _roots(projects: Projects) -> tuple[str, ...]:
    return tuple(project.root for project in projects.all if project.is_indexed)


def _matter(projects: Projects, root: str) -> _Matter | None:
    """What is open in a project; None where that is nothing, or the project is gone."""
    for project in projects.all:
        if project.root == root and project.is_indexed:
            asked = project.questions.of(project.workspace.index)
            source = os.path.join(root, "src")
            roots = (root, source) if os.path.isdir(source) else (root,)
            surroundings = Surroundings(root, roots, project.packages())
            return _Matter(surroundings, project.questions, asked) if asked else None
    return None
