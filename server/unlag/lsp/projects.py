"""The workspace folders as the analysis thread knows them: one `Workspace` for each.

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
from unlag.known_findings import KnownFindings, digest_of
from unlag.known_state import KnownState, Then
from unlag.lsp.log import logger
from unlag.lsp.oracle.questions import Questions
from unlag.lsp.resuming import Reading, can_resume, digests_of, since
from unlag.lsp.texts import Texts, on_disk
from unlag.lsp.view import Folder, Overlay
from unlag.project.hints import Hint
from unlag.project.index import go_on
from unlag.source.parse import Parsed
from unlag.versions import Known
from unlag.workspace import Change, Snapshot, Workspace

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
        self.files: frozenset[str] = frozenset()
        self._listed: frozenset[str] = frozenset()
        """The files that the folders held when they were last looked at."""
        self.is_sound = True
        """False after an analysis failed: what is known may not be what the texts say."""
        self.rests_until = 0.0
        self.questions = Questions()
        """What is open for jedi."""
        self._foreign: set[str] = set()
        """Open documents found not to belong to the project."""
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
        self._digests: dict[str, bytes] = {}
        """Of the texts that the findings speak of, by path."""
        self._undigested: set[str] = set()
        self.pause: Callable[[], None] = go_on
        """Called while the project is joined and checked, for what cannot wait."""
        self._python = python
        self._texts = texts
        self._configurations = self._configured()
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

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """All findings by path."""
        return self.snapshot.findings if self.snapshot is not None else {}

    def covers(self, path: str) -> bool:
        """Whether `path` lies in the project."""
        return is_below(path, self.root)

    def index(
        self,
        watch: Watch,
        tell: Tell = lambda findings: None,
        answer: Callable[[], None] = go_on,
    ) -> None:
        """Read every file of the project, then join them; `answer` is called between files before that."""
        self.files = self._discovered()
        opened = {path for path in self._texts.overlays if self.wants(path)}
        self.files |= opened
        self._digests.clear()  # of texts that were read before an analysis failed
        watch(0, len(self.files))  # who looks at the open files waits for no cache
        configs = self._configurations.of_files(self.files)
        before = KnownFindings(self.root, configs)

        def digest(path: str) -> bytes:
            if path not in self._digests:
                answer()
                self._read(path)
            return self._digests[path]

        if (findings := before.holding(self.files, digest)) is not None:
            tell(findings)
        try:
            self.snapshot = self._resumed(digest, watch)
        except Exception:
            logger.exception("What was kept of %s is of no use. Please report this.", self.root)
            self.workspace = self._opened()
        if self.snapshot is None:
            self.snapshot = self.workspace.apply(self._reading(sorted(self.files), watch))
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
            found = since(self.files, state, facts, Reading(self._read, digest), watch)
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
        digests = {path: self._digests.get(path, b"") for path in self.workspace.paths()}
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
        folders = {self.root, *map(os.path.dirname, self.files)}
        return digests_of(self._configurations.for_folder, folders)

    def keep(self) -> None:
        """Leave in the cache what is known now, for the next time."""
        if self._known is None or self.snapshot is None or not (self._is_whole and self.is_sound):
            return
        for path in self._undigested:
            text = self._texts.again(path) if path in self.files else None
            if text is not None:
                self._digests[path] = digest_of(text)
        self._undigested.clear()
        if self._digests.keys() == self.files:
            self._known.keep(self._digests, self.snapshot.findings)

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
        code = frozenset(path for path in self.files if kind_of(path) is None)
        is_whole = focus.join(opened, code, read, self._glanced, patience)
        return {path: focus.findings(path, self.config_for(path)) for path in opened}, is_whole

    def update(self, paths: Iterable[str]) -> None:
        """Take in the texts that hold now at `paths`."""
        changes = []
        for path in sorted(paths):
            is_wanted = path in self._listed or path in self._texts.overlays
            text = self._texts.read(path) if is_wanted else None
            self._digests.pop(path, None)
            self._undigested.add(path)
            if text is not None:
                self.files |= {path}
            elif path in self.files:
                self.files -= {path}
            else:
                continue
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

    def wants(self, path: str) -> bool:
        """Whether an open document belongs to the project: not one of an installed package."""
        if path in self.files:
            return True
        if path in self._foreign or not self.covers(path):
            return False
        inside = os.path.dirname(path[len(self.root) :])
        if _is_excluded(inside) or (os.path.lexists(path) and path not in self._discovered()):
            self._foreign.add(path)
            return False
        return True

    def affected(self, touched: Iterable[str]) -> set[str]:
        """The files whose texts can have changed where something happened at `touched`."""
        found: set[str] = set()
        is_new = False
        for path in touched:
            if path in self.files:
                found.add(path)
                is_new = is_new or path not in self._listed
            elif not self.covers(path) or _is_excluded(path[len(self.root) :]):
                continue
            elif os.path.isdir(path) or (_is_source(path) and os.path.lexists(path)):
                is_new = True
            elif not os.path.lexists(path):
                found.update(file for file in self.files if is_below(file, path))
        if is_new:
            found |= self.moved()
        return found

    def moved(self) -> set[str]:
        """The files that came or went, by what the folders and .gitignore say now."""
        changed = self._discovered() ^ self.files
        # an open document that no folder lists, such as one that was never saved, stays
        return {path for path in changed if path not in self._texts.overlays}

    def is_configured_otherwise(self, python: str) -> bool:
        """Whether the configuration files say something else than when they were read."""
        before = self._configurations
        self._python = python
        after = self._configured()
        folders = {self.root, *(os.path.dirname(path) for path in self.files)}
        if after.problems == before.problems and all(
            before.for_folder(folder) == after.for_folder(folder) for folder in folders
        ):
            return False
        self._configurations = after
        return True

    def _configured(self) -> Configurations:
        found = environment.of_interpreter(self._python) if self._python else None
        return Configurations(rules.load(), Overrides(versions=found))

    def _discovered(self) -> frozenset[str]:
        self._foreign.clear()
        if self.place.is_shallow:
            self._listed = _source_files(self.root)
            return self._listed
        found = discovery.discover((self.root,), self._configurations.for_folder)
        for problem in found.problems:
            logger.warning("%s: %s", problem.path, problem.message)
        self._listed = frozenset(found.files)
        return self._listed

    def _read(self, path: str) -> str | None:
        """The text of a file that is to be known from now on."""
        text = self._texts.read(path)
        self._digests[path] = digest_of(text)
        return text

    def _reading(self, paths: list[str], watch: Watch) -> Iterator[Change]:
        known = KnownFacts((self.root,))
        is_whole = False
        try:
            for number, path in enumerate(paths):
                if not watch(number, len(paths)):
                    return
                text = self._read(path)
                if text is not None:
                    yield Change(path, text, known.parsed(text) if kind_of(path) is None else None)
            is_whole = True
        finally:
            known.close(is_whole=is_whole)
            self._has_news = self._is_whole = is_whole


class Projects:
    """Every folder of the editor's workspace."""

    def __init__(self) -> None:
        self.texts = Texts()
        self.all: tuple[Project, ...] = ()

    def keep(self) -> None:
        """Leave in the cache what is known of every project."""
        for project in self.all:
            project.keep()

    def owner(self, path: str) -> Project | None:
        """The innermost folder that `path` lies in."""
        holding = [project for project in self.all if is_below(path, project.folder)]
        return max(holding, key=lambda project: len(project.folder), default=None)

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """All findings by path, each file as its own folder sees it."""
        found: dict[str, tuple[Finding, ...]] = {}
        for project in self.all:
            if not self._shares(project):
                if len(self.all) == 1:
                    return project.findings()
                found.update(project.findings())
                continue
            own = project.findings().items()
            found.update((path, item) for path, item in own if self.owner(path) is project)
        return found

    def _shares(self, project: Project) -> bool:
        """Whether the project has files that are not its folder's own."""
        others = (other.folder for other in self.all if other is not project)
        return project.root != project.folder or any(
            is_below(folder, project.folder) for folder in others
        )

    def versions(self) -> Mapping[str, int]:
        """The versions of open documents that the findings speak of."""
        failed = [project for project in self.all if not project.is_sound]
        return {
            path: overlay.version
            for path, overlay in self.texts.overlays.items()
            if not failed or self.owner(path) not in failed
        }

    def endpoints(self) -> int:
        """How many routes of all projects answer requests."""
        indexes = (project.workspace.index for project in self.all if project.is_indexed)
        return sum(1 for index in indexes for route in index.routes.routes if route.method)

    def libraries(self) -> tuple[Known, ...]:
        """What is known of the versions of libraries, each source's word once."""
        return tuple(dict.fromkeys(known for project in self.all for known in project.libraries))

    def problems(self) -> Mapping[str, tuple[Problem, ...]]:
        """What is wrong with configuration files, by path."""
        found: dict[str, dict[Problem, None]] = {}
        for project in self.all:
            for problem in project.problems:
                found.setdefault(problem.path, {})[problem] = None
        return {path: tuple(problems) for path, problems in found.items()}

    def offload_style(self, path: str) -> str:
        """The offload style configured for a file."""
        project = self.owner(path)
        return (project.config_for(path) if project is not None else Config()).offload_style


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_source(path: str) -> bool:
    return path.endswith(".py") or kind_of(path) is not None


def _source_files(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder) as entries:
            return frozenset(
                entry.path for entry in entries if _is_source(entry.path) and entry.is_file()
            )
    except OSError:
        return frozenset()


def _is_excluded(inside: str) -> bool:
    return not discovery.EXCLUDED_FOLDERS.isdisjoint(inside.split(os.sep))
