"""One workspace folder as the analysis thread knows it, and the `Workspace` that analyses it.

Everything here belongs to that thread. Reads files and their configuration; runs none of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial

from unlag import discovery, environment, rules
from unlag.config import Config
from unlag.configurations import Configurations, Overrides
from unlag.deployment.names import kind_of
from unlag.finding import Finding, Problem
from unlag.knowledge import Knowledge
from unlag.known_facts import KnownFacts
from unlag.known_findings import KnownFindings
from unlag.known_state import KnownState, Then
from unlag.lsp.digests import Digests
from unlag.lsp.log import logger
from unlag.lsp.members import Members
from unlag.lsp.oracle.questions import Questions
from unlag.lsp.texts import Texts, on_disk
from unlag.lsp.view import Folder, Overlay
from unlag.project.hints import Hint
from unlag.project.live_index import go_on
from unlag.resuming import Reading, can_resume, digests_of, since
from unlag.snapshot import Snapshot
from unlag.source.parse import Parsed
from unlag.versions import Known
from unlag.workspace import Change, Workspace

Tell = Callable[[Mapping[str, tuple[Finding, ...]]], None]
"""Told of all findings before they are worked out, where they are known from another time."""
Watch = Callable[[int, int], bool]
"""Told how many files of how many are read; says whether to read on."""


class Project:
    """One workspace folder and the project it belongs to."""

    def __init__(self, place: Folder, texts: Texts, python: str) -> None:
        self.place = place
        self.folder = place.path
        self.root = self.folder if place.is_shallow else discovery.project_root(self.folder)
        self.libraries: tuple[Known, ...] = ()
        """What is known of the versions of libraries, once the project is indexed."""
        self.snapshot: Snapshot | None = None
        """None until the project is indexed."""
        self.is_sound = True
        """False after an analysis failed: what is known may not be what the texts say."""
        self.rests_until = 0.0
        self.questions = Questions()
        """What is open for jedi."""
        self._glanced: dict[str, Parsed] = {}
        """Files parsed before the project was read."""
        self._knowledge: Knowledge | None = None
        """What glances go by while the project's own may not grow."""
        self._known: KnownFindings | None = None
        self._state = KnownState(self.root)
        self._has_news = False
        """Whether another state than the one that is kept would be of use the next time."""
        self._is_whole = False
        """Whether the files were read to the last one."""
        self._digests = Digests(texts)
        self.pause: Callable[[], None] = go_on
        """Called while the project is joined and checked, for what cannot wait."""
        self._python = python
        self._texts = texts
        self._configurations = self._configured()
        self.members = Members(
            self.root,
            texts,
            lambda folder: self._configurations.for_folder(folder),
            is_shallow=place.is_shallow,
        )
        self.workspace = self._opened()

    def _opened(self) -> Workspace:
        return Workspace(
            (self.root,),
            self._configurations.for_folder(self.root),
            config_for=lambda path: self.config_for(path),
            text_of=self._texts.again,
            pause=lambda: self.pause(),
        )

    def config_for(self, path: str) -> Config:
        """The configuration that holds for a file."""
        return self._configurations.for_path(path)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the configuration."""
        return self._configurations.problems

    @property
    def is_indexed(self) -> bool:
        """Whether every file has been read once."""
        return self.snapshot is not None

    @property
    def is_whole(self) -> bool:
        """Whether nobody stopped that before the last file."""
        return self._is_whole

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """All findings by path."""
        return self.snapshot.findings if self.snapshot is not None else {}

    def index(
        self,
        watch: Watch,
        tell: Tell = lambda findings: None,
        answer: Callable[[], None] = go_on,
    ) -> None:
        """Read every file of the project, then join them; `answer` is called between files before that."""
        self.members.look()
        self._digests.clear()  # of texts that were read before an analysis failed
        watch(0, len(self.members.files))  # who looks at the open files waits for no cache
        configs = self._configurations.of_files(self.members.files)
        before = KnownFindings(self.root, configs)

        def digest(path: str) -> bytes:
            if not self._digests.has(path):
                answer()
                self._digests.read(path)
            return self._digests.of(path)

        if (findings := before.holding(self.members.files, digest)) is not None:
            tell(findings)
        try:
            self.snapshot = self._resumed(digest, watch)
        except Exception:
            logger.exception("What was kept of %s is of no use. Please report this.", self.root)
            self.workspace = self._opened()
        if self.snapshot is None:
            self.snapshot = self.workspace.apply(self._reading(sorted(self.members.files), watch))
        self._known = before
        self.keep()
        self.libraries = tuple(
            dict.fromkeys(known for config in configs for known in config.versions.known)
        )
        self._glanced.clear()
        self._knowledge = None

    def _resumed(self, digest: Callable[[str], bytes], watch: Watch) -> Snapshot | None:
        """What is known going on from the state that was kept; None where that is of no use."""
        state = self._state.load()
        if state is None:
            return None
        facts = KnownFacts((self.root,))
        if not can_resume(state, facts, self._configs()):
            return None
        is_whole = False
        try:
            found = since(
                self.members.files, state, facts, Reading(self._digests.read, digest), watch
            )
            is_whole = found.is_whole
        finally:
            facts.close(is_whole=is_whole)
        self._has_news = self._is_whole = is_whole
        read = partial(state.read, pause=self.pause)
        if found.is_worth_it and self.workspace.restore(found.before, read):
            self._has_news = found.others > 0
            return self.workspace.apply(found.changes)
        return self.workspace.apply(found.everything())

    def keeping(self) -> Generator[None, None, None]:
        """Leave in the cache the state that the next start goes on from, a little after each step.

        Who does anything else with the project between two steps has to leave off.
        """
        stored = self.workspace.stored() if self._has_news and self.is_sound else None
        self._has_news = False
        if stored is None:
            return
        edited = dict.fromkeys(stored.edited, b"")
        digests = {path: self._digests.of(path) for path in self.workspace.paths()}
        then = Then({**digests, **edited}, self._configs())
        try:
            yield from self._state.keeping(stored, then, self.workspace.index.own_tables())
        except GeneratorExit:
            self._has_news = True
            raise

    @property
    def has_news(self) -> bool:
        """Whether `keeping` would keep another state than there is."""
        return self._has_news

    def _configs(self) -> dict[str, bytes]:
        folders = {self.root, *map(os.path.dirname, self.members.files)}
        return digests_of(self._configurations.for_folder, folders)

    def keep(self) -> None:
        """Leave in the cache what is known now, for the next time."""
        if self._known is None or self.snapshot is None or not (self._is_whole and self.is_sound):
            return
        digests = self._digests.all_of(self.members.files)
        if digests is not None:
            self._known.keep(digests, self.snapshot.findings)

    def glance(
        self, opened: Mapping[str, Overlay], patience: float
    ) -> tuple[dict[str, tuple[Finding, ...]], bool]:
        """Findings of open documents before the project is read, from what their calls lead to.

        And whether `patience`, in seconds, was enough to read all of that.
        """
        from unlag.lsp.focus import Focus

        def read(path: str) -> str | None:
            overlay = opened.get(path)
            return overlay.text if overlay is not None else on_disk(path)[0]

        index = self.workspace.index
        if self._knowledge is None:
            self._knowledge = self.workspace.knowledge()
        focus = Focus(self._knowledge, index.options, tracks=False)
        for path in opened:
            self._glanced.pop(path, None)
        code = frozenset(path for path in self.members.files if kind_of(path) is None)
        is_whole = focus.join(opened, code, read, self._glanced, patience)
        return {path: focus.findings(path, self.config_for(path)) for path in opened}, is_whole

    def update(self, paths: Iterable[str]) -> None:
        """Take in the texts that hold now at `paths`."""
        changes = []
        for path in sorted(paths):
            text, is_news = self.members.read(path)
            self._digests.touch(path)
            if is_news:
                changes.append(Change(path, text))
        if changes:
            self.snapshot = self.workspace.apply(changes)

    def hint(self, hints: Mapping[str, Hint]) -> None:
        """Take in what calls mean that the text leaves open."""
        self._known = None  # the text alone does not say what is found from here
        self.snapshot = self.workspace.hint(hints)

    def packages(self) -> tuple[str, ...]:
        """The folders of the packages that are installed for the project."""
        return environment.packages(self._python or self.root)

    def is_configured_otherwise(self, python: str) -> bool:
        """Whether the configuration files say something else than when they were read."""
        before = self._configurations
        self._python = python
        after = self._configured()
        folders = {self.root, *(os.path.dirname(path) for path in self.members.files)}
        if after.problems == before.problems and all(
            before.for_folder(folder) == after.for_folder(folder) for folder in folders
        ):
            return False
        self._configurations = after
        return True

    def _configured(self) -> Configurations:
        found = environment.of_interpreter(self._python) if self._python else None
        return Configurations(rules.load(), Overrides(versions=found))

    def _reading(self, paths: list[str], watch: Watch) -> Iterator[Change]:
        known = KnownFacts((self.root,))
        is_whole = False
        try:
            for number, path in enumerate(paths):
                if not watch(number, len(paths)):
                    return
                text = self._digests.read(path)
                if text is not None:
                    yield Change(path, text, known.parsed(text) if kind_of(path) is None else None)
            is_whole = True
        finally:
            known.close(is_whole=is_whole)
            self._has_news = self._is_whole = is_whole
