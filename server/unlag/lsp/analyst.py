"""The analysis thread: takes batches from the inbox, keeps the projects, reports immutable views.

Publishes nothing itself; knows no protocol.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import msgspec

from unlag.deployment.names import kind_of
from unlag.finding import Finding
from unlag.lsp.freeing import give_back
from unlag.lsp.inbox import Batch, Inbox
from unlag.lsp.log import described, logger
from unlag.lsp.project import Project
from unlag.lsp.projects import Projects
from unlag.lsp.settings import Settings, is_configuration
from unlag.lsp.view import (
    Analysed,
    Failed,
    Folder,
    Indexing,
    Overlay,
    Report,
    View,
    wide_lines,
)

_BETWEEN_REPORTS = 0.1
_WORTH_A_GLANCE = 100
"""Files of a project from which on its open documents are analysed before it is read."""
_READING_TO_GLANCING = 4
"""Who types while the project is read must not keep it from being read."""
_FIRST_GLANCE = 0.05
"""Seconds for reading what open documents lead to, before the first word on them; later ones take what they need."""
_IDLE = 1.0
"""Seconds in which nothing is asked before the states of projects are kept."""
_REST = 10
"""How many times as long as a failed analysis took its project is left alone afterwards."""


class Analyst:
    """Owns every `Workspace`; `run` is all that its thread does."""

    def __init__(self, inbox: Inbox, report: Callable[[Report], None]) -> None:
        self._inbox = inbox
        self._report = report
        self._projects = Projects()
        self._settings = Settings()
        self._view = View()
        self._glanced = -1
        """Generation of the inbox at the last glance at the open documents."""
        self._next_glance = 0.0
        self._is_first_glance = True
        self._glanced_partly: frozenset[str] = frozenset()
        """Open documents of which more can be said once there is more time."""
        self._told: set[str] = set()

    def run(self) -> None:
        """Work for as long as the process lives."""
        while True:
            news = [project for project in self._projects.all if project.has_news]
            batch = self._inbox.take(_IDLE if news else None)
            if not batch.is_empty():
                self._work(batch)
            elif news and self._inbox.is_empty():
                self._keep(news[0])
            self._answer()

    def _keep(self, project: Project) -> None:
        """Keep the state of a project for the next start, unless there is anything else to do meanwhile."""
        steps = project.keeping()
        try:
            for _ in steps:
                if not self._inbox.is_empty():
                    break
            else:
                give_back()
        except Exception:
            logger.exception("What is known of %s was not kept.", project.root)
        finally:
            steps.close()

    def _work(self, batch: Batch) -> None:
        self._take(batch)
        failures = [self._advance(project, batch) for project in self._projects.all]
        self._publish(batch)
        for failure in filter(None, failures):
            self._report(Failed(failure))

    def _take(self, batch: Batch) -> None:
        if batch.settings is not None:
            self._settings = batch.settings
        overlays = self._projects.texts.overlays
        for path, overlay in batch.overlays.items():
            if overlay is None:
                overlays.pop(path, None)
            else:
                overlays[path] = overlay
        if batch.folders is not None:
            self._follow(batch.folders)

    def _advance(self, project: Project, batch: Batch) -> str:
        """Bring one project up to date; gives what went wrong, or nothing."""
        if time.monotonic() < project.rests_until:
            return ""
        start = time.monotonic()
        try:
            if not project.is_indexed:
                self._index(project)
            elif not project.is_sound:
                self._replace(project)
            else:
                self._bring_up_to_date(project, batch)
        except Exception as error:
            # its findings stay as they are, and it is read anew, though not at every keystroke
            now = time.monotonic()
            project.rests_until = now + _REST * (now - start)
            project.is_sound = False
            failure = described(error)
            if failure not in self._told:
                self._told.add(failure)
                logger.exception("An analysis failed. Please report this.")
            return failure
        return ""

    def _follow(self, folders: tuple[Folder, ...]) -> None:
        known = {project.place: project for project in self._projects.all}
        texts, python = self._projects.texts, self._settings.python
        self._projects.all = tuple(
            known.get(folder) or Project(folder, texts, python) for folder in dict.fromkeys(folders)
        )

    def _bring_up_to_date(self, project: Project, batch: Batch) -> None:
        is_asked = batch.settings is not None or any(map(is_configuration, batch.touched))
        if is_asked and project.is_configured_otherwise(self._settings.python):
            self._replace(project)
            return
        paths = project.members.affected(batch.touched)
        if is_asked:
            paths |= project.members.moved()
        paths |= {path for path in batch.overlays if project.members.wants(path)}
        project.update(paths)
        if hints := batch.hints.get(project.root):
            project.hint(hints)

    def _replace(self, project: Project) -> None:
        """Index the project again; until that is done, the old one answers."""
        fresh = Project(project.place, self._projects.texts, self._settings.python)
        self._index(fresh)
        self._projects.all = tuple(
            fresh if item is project else item for item in self._projects.all
        )

    def _index(self, project: Project) -> None:
        self._inbox.cancelled.clear()
        self._glanced, self._next_glance, self._is_first_glance = -1, 0.0, True
        last = 0.0
        total = unread = 0

        def watch(done: int, of: int) -> bool:
            nonlocal last, total, unread
            total = of
            now = time.monotonic()
            if now - last > _BETWEEN_REPORTS:
                last = now
                self._report(Indexing(project.folder, done, of))
            pause()
            unread = of - done if self._inbox.cancelled.is_set() else 0
            return not unread

        def pause() -> None:
            self._answer()
            if len(project.members.files) >= _WORTH_A_GLANCE and project in self._projects.all:
                self._glance(project)

        project.pause = pause
        gc.disable()  # an index is millions of small objects, and no cycles
        try:
            tell = partial(self._tell_known, project)
            project.index(watch, tell, self._answer)  # to compare files takes as long as a glance
        finally:
            project.pause = self._answer
            gc.enable()
            gc.freeze()
            give_back()
            self._report(Indexing(project.folder, total, total, unread))

    def _glance(self, project: Project) -> None:
        """Report on documents that are open, or were opened or edited since, before all is read."""
        generation = self._inbox.generation
        is_done = generation == self._glanced and not self._glanced_partly
        if is_done or time.monotonic() < self._next_glance:
            return
        self._glanced = generation
        start = time.monotonic()
        opened = {
            path: overlay
            for path, overlay in _opened(project, self._overlays())
            if kind_of(path) is None
            and (self._view.versions.get(path) != overlay.version or path in self._glanced_partly)
        }
        patience = _FIRST_GLANCE if self._is_first_glance else math.inf
        try:
            found, is_whole = project.glance(opened, patience) if opened else ({}, True)
        except Exception:
            logger.exception("The open files were not analysed ahead of the others.")
            return
        now = time.monotonic()
        self._next_glance = now + _READING_TO_GLANCING * (now - start)
        self._is_first_glance = self._is_first_glance and not opened
        self._glanced_partly = frozenset() if is_whole else frozenset(opened)
        if found:
            self._report_ahead(opened, found)

    def _tell_known(self, project: Project, findings: Mapping[str, tuple[Finding, ...]]) -> None:
        """Report what was found in these very texts at another time."""
        texts, owner = self._projects.texts, self._projects.owner
        known = self._overlays()
        opened = {
            path: overlay
            for path, overlay in _opened(project, known)
            if owner(path) is project and texts.again(path) == overlay.text
        }
        shown = {
            path: items
            for path, items in findings.items()
            if owner(path) is project and (path in opened or path not in known)
        }
        self._glanced_partly -= opened.keys()
        self._report_ahead(opened, {**dict.fromkeys(opened, ()), **shown}, shown)

    def _overlays(self) -> dict[str, Overlay | None]:
        """What was typed last, taken in or not; None for a document that was closed."""
        return {**self._projects.texts.overlays, **self._inbox.overlays()}

    def _report_ahead(
        self,
        opened: Mapping[str, Overlay],
        found: Mapping[str, tuple[Finding, ...]],
        changed: Iterable[str] = (),
    ) -> None:
        before = self._view
        versions = {path: overlay.version for path, overlay in opened.items()}
        wide = {path: wide_lines(overlay.text) for path, overlay in opened.items()}
        self._view = msgspec.structs.replace(
            before,
            findings={**before.findings, **found},
            versions={**before.versions, **versions},
            wide={**self._projects.texts.wide(), **wide},
            style_of=self._projects.offload_style,
            is_complete=False,
        )
        self._report(Analysed(self._view, frozenset(changed), frozenset(opened)))

    def _answer(self) -> None:
        while (question := self._inbox.question()) is not None:
            question.settle(self._projects)

    def _publish(self, batch: Batch) -> None:
        projects = self._projects
        before = self._view
        self._view = View(
            batch.generation,
            projects.findings(),
            projects.problems(),
            projects.versions(),
            projects.texts.wide(),
            projects.offload_style,
            sum(len(project.members.files) for project in projects.all),
            all(project.is_indexed for project in projects.all),
            all(project.is_whole for project in projects.all),
            projects.libraries(),
            projects.endpoints(),
        )
        changed = _changed(before.findings, self._view.findings)
        changed |= _changed(before.problems, self._view.problems)
        edited = frozenset(path for path, overlay in batch.overlays.items() if overlay is not None)
        self._tell_problems()
        self._report(Analysed(self._view, frozenset(changed), edited))

    def _tell_problems(self) -> None:
        """Say once what a rule or the reading of the configuration stumbled over."""
        for project in self._projects.all:
            for problem in project.snapshot.problems if project.snapshot else ():
                if " failed on " in problem.message and problem.message not in self._told:
                    self._told.add(problem.message)
                    logger.error("%s: %s", problem.path, problem.message)


def _opened(
    project: Project, overlays: Mapping[str, Overlay | None]
) -> Iterator[tuple[str, Overlay]]:
    """The files of a project that somebody has open, and what stands there."""
    for path, overlay in overlays.items():
        if overlay is not None and path in project.members.files:
            yield path, overlay


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Paths with another value in one mapping than in the other."""
    if before is after:
        return set()
    found = {
        path
        for path, value in after.items()
        if (known := before.get(path)) is not value and known != value
    }
    found.update(path for path in before if path not in after)
    return found
