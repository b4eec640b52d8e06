"""What the event loop asks of the analysis thread: the newest word on each matter, and questions.

Whatever came in while the thread was busy is one batch: keystrokes and file events coalesce here
without any timer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from unlag.lsp.settings import Settings
from unlag.lsp.view import Folder, Overlay
from unlag.project.hints import Hint

if TYPE_CHECKING:
    from unlag.lsp.projects import Projects

Answer = TypeVar("Answer")


class Batch(msgspec.Struct):
    """Everything asked since the last look."""

    generation: int = 0
    overlays: dict[str, Overlay | None] = {}
    """Open documents by path; None: closed."""
    touched: set[str] = set()
    """Paths at which something happened on disk."""
    folders: tuple[Folder, ...] | None = None
    settings: Settings | None = None
    hints: dict[str, Mapping[str, Hint]] = {}
    """By root of a project: what jedi made of calls."""

    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        has_news = self.folders is not None or self.settings is not None
        return not (self.overlays or self.touched or self.hints or has_news)


class Question(msgspec.Struct):
    """Something to find out where the workspaces are."""

    ask: Callable[[Projects], Any]
    answer: Future[Any]

    def settle(self, projects: Projects) -> None:
        """Ask, unless nobody waits any more."""
        if not self.answer.set_running_or_notify_cancel():
            return
        try:
            self.answer.set_result(self.ask(projects))
        except Exception as error:  # it belongs to whoever asked
            self.answer.set_exception(error)


class Inbox:
    """Filled by the event loop, emptied by the analysis thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._batch = Batch()
        self._questions: deque[Question] = deque()
        self.cancelled = threading.Event()
        """Set while the user wants the indexing that runs to end early."""

    def put(
        self,
        overlays: Mapping[str, Overlay | None] | None = None,
        touched: Iterable[str] = (),
        folders: tuple[Folder, ...] | None = None,
        settings: Settings | None = None,
        hints: Mapping[str, Mapping[str, Hint]] | None = None,
    ) -> int:
        """Leave word; gives the generation of views that answer it."""
        with self._condition:
            batch = self._batch
            batch.generation += 1
            batch.overlays.update(overlays or {})
            batch.touched.update(touched)
            if folders is not None:
                batch.folders = folders
            if settings is not None:
                batch.settings = settings
            batch.hints.update(hints or {})
            self._condition.notify_all()
            return batch.generation

    def ask(self, question: Callable[[Projects], Answer]) -> Future[Answer]:
        """Have `question` answered on the analysis thread, between two analyses."""
        answer: Future[Answer] = Future()
        with self._condition:
            self._questions.append(Question(question, answer))
            self._condition.notify_all()
        return answer

    def is_empty(self) -> bool:
        """Whether nothing was asked since the last look."""
        return not self._questions and self._batch.is_empty()

    def take(self, patience: float | None = None) -> Batch:
        """Wait until something was asked, or for `patience`; the batch is empty where there are only questions."""
        with self._condition:
            self._condition.wait_for(lambda: not self.is_empty(), patience)
            batch = self._batch
            self._batch = Batch(batch.generation)
            return batch

    def quiet(self, seconds: float, after: int) -> int:
        """Wait until word was left later than `after`, then none for `seconds`; gives the generation."""
        with self._condition:
            self._condition.wait_for(lambda: self.generation != after)
            generation = -1
            while generation != self.generation:
                generation = self.generation
                self._condition.wait_for(partial(self._is_later, generation), seconds)
            return generation

    def _is_later(self, generation: int) -> bool:
        return self.generation != generation

    @property
    def generation(self) -> int:
        """That of the last word left."""
        return self._batch.generation

    def overlays(self) -> dict[str, Overlay | None]:
        """The documents in the batch that is still to be taken."""
        with self._condition:
            return dict(self._batch.overlays)

    def question(self) -> Question | None:
        """The next question, if there is one."""
        try:
            return self._questions.popleft()
        except IndexError:
            return None
