"""One run of the engine over the files below some paths: discovery, reading, analysis, filtering.

Presents nothing and decides no exit code.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from unlag import discovery, files
from unlag.cli import cache
from unlag.cli.cache import Seen
from unlag.cli.last_state import LastState
from unlag.cli.places import is_below
from unlag.cli.progress import Progress
from unlag.cli.sources import Sources
from unlag.configurations import Configurations
from unlag.deployment.facts import Kind
from unlag.deployment.names import kind_of
from unlag.files import Source
from unlag.finding import Finding, Problem
from unlag.known_facts import KnownFacts
from unlag.packed import Packed
from unlag.snapshot import EndpointRow, Queries, Snapshot
from unlag.versions import Known
from unlag.workspace import Change, Workspace

logger = logging.getLogger("unlag.check")


class Scope(msgspec.Struct, frozen=True):
    """What one run looks at."""

    targets: tuple[str, ...]
    """What the user named, absolute: only findings in there are reported."""
    roots: tuple[str, ...]
    """The projects the targets belong to: calls are followed through all of their files."""
    files: tuple[str, ...]
    problems: tuple[Problem, ...]


class Analysis(msgspec.Struct, frozen=True):
    """What the engine says about the targets."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    endpoints: tuple[EndpointRow, ...] | None = None
    """None where nobody asked: working them out costs more than they are worth to a check."""
    statistics: Mapping[str, int] = {}


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An analysis for the cache."""

    analysis: Analysis
    """Without its findings."""
    findings: Packed

    @classmethod
    def packed(cls, analysis: Analysis) -> Kept:
        """The same in little room."""
        without = msgspec.structs.replace(analysis, findings=())
        return cls(without, Packed.of(analysis.findings))

    def unpacked(self) -> Analysis:
        """The analysis as it was."""
        return msgspec.structs.replace(self.analysis, findings=self.findings.unpacked())


class Engine:
    """A workspace being filled; keeps the trouble met on the way."""

    def __init__(
        self,
        scope: Scope,
        configurations: Configurations,
        progress: Progress,
        *,
        use_cache: bool = False,
        will_change: bool = False,
        wants_endpoints: bool = False,
    ) -> None:
        self._scope = scope
        self._configurations = configurations
        self._will_change = will_change
        self._wants_endpoints = wants_endpoints
        self._progress = progress
        self._sources = Sources(scope.targets)
        self._facts = KnownFacts(scope.roots) if use_cache else None
        self._last: LastState | None = None
        # what leads to a state is dear: it is only for who has kept something from one run to the next
        if self._facts is not None and not self._facts.is_empty and len(scope.roots) == 1:
            self._last = LastState(scope.roots[0], scope.files, configurations)
        self._workspace = self._opened()

    def _opened(self) -> Workspace:
        return Workspace(
            self._scope.roots,
            self._configurations.for_folder(self._scope.roots[0]),
            config_for=self._configurations.for_path,
            tracks=self._will_change or self._last is not None,
            text_of=self._sources.again,
        )

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The files as they were read; fewer than there are where some could not be."""
        return self._sources.seen(self._scope.files)

    def run(self) -> Analysis:
        """Read every file and analyse the whole."""
        analysis = self._result(self._snapshot())
        if self._last is not None:
            self._last.keep(self._workspace, self._sources)
        return analysis

    def queries(self) -> Queries:
        """What every route can ask its database; reads the files like `run`."""
        return self._snapshot().queries

    def again(self, texts: Mapping[str, str]) -> Analysis:
        """Analyse once more with some texts replaced."""
        self._progress.say("Checking what was fixed")
        changes = [Change(path, text) for path, text in texts.items()]
        return self._result(self._workspace.apply(changes))

    def _snapshot(self) -> Snapshot:
        snapshot = self._resumed()
        if snapshot is None:
            changes = self._progress.counted(self._changes(), len(self._scope.files))
            snapshot = self._workspace.apply(changes)
        return snapshot

    def _resumed(self) -> Snapshot | None:
        if self._last is None or self._facts is None:
            return None
        try:
            return self._last.resume(self._workspace, self._sources, self._facts, self._progress)
        except Exception as error:  # a cache must not cost the run; the next one finds a new state
            said = f"{type(error).__name__}: {error}"
            logger.warning("What was kept of the last run is of no use (%s). Report this.", said)
            self._facts.close(is_whole=False)
            self._facts = KnownFacts(self._scope.roots)
            self._workspace = self._opened()
            return None

    def _changes(self) -> Iterator[Change]:
        facts = self._facts
        for path in self._scope.files:
            text = self._sources.read(path)
            if text is not None:
                is_source = kind_of(path) is None
                yield Change(path, text, facts.parsed(text) if facts and is_source else None)
        if facts is not None:
            facts.close(is_whole=True)

    def _result(self, snapshot: Snapshot) -> Analysis:
        targets = self._scope.targets
        found = [
            finding
            for path, findings in snapshot.findings.items()
            if is_below(path, targets)
            for finding in findings
        ]
        problems = [*self._scope.problems, *self._sources.problems, *snapshot.problems]
        return Analysis(
            tuple(sorted(found, key=_order)),
            tuple(problem for problem in problems if is_below(problem.path, targets)),
            self._endpoints(snapshot) if self._wants_endpoints else None,
            dict(snapshot.statistics),
        )

    def _endpoints(self, snapshot: Snapshot) -> tuple[EndpointRow, ...]:
        targets = self._scope.targets
        return tuple(row for row in snapshot.endpoints if is_below(row.path, targets))


def analyse(
    scope: Scope,
    configurations: Configurations,
    progress: Progress,
    *,
    use_cache: bool,
    wants_endpoints: bool = False,
) -> Analysis:
    """What the engine says about the scope, from the last run where nothing has changed since."""
    if not scope.files:
        return Analysis(problems=scope.problems)
    key = cache.key_of(scope.targets, scope.roots, configurations.of_files(scope.files))
    kept = cache.load(key, scope.files, Kept) if use_cache else None
    if kept is not None and (kept.analysis.endpoints is not None or not wants_endpoints):
        return kept.unpacked()
    engine = Engine(
        scope, configurations, progress, use_cache=use_cache, wants_endpoints=wants_endpoints
    )
    analysis = engine.run()
    if use_cache and len(engine.seen) == len(scope.files):
        cache.save(key, engine.seen, Kept.packed(analysis))
    return analysis


def libraries(scope: Scope, configurations: Configurations) -> tuple[Known, ...]:
    """What is known of the versions that the targets run with, each source's word once."""
    files = tuple(path for path in scope.files if is_below(path, scope.targets))
    configs = configurations.of_files(files)
    return tuple(dict.fromkeys(known for config in configs for known in config.versions.known))


def scope_of(paths: Sequence[str], configurations: Configurations) -> Scope:
    """The files to read for a run over `paths`, as the user wrote them."""
    targets = tuple(dict.fromkeys(os.path.abspath(path) for path in paths))
    present = [target for target in targets if os.path.lexists(target)]
    here = os.getcwd()
    roots = tuple(dict.fromkeys(discovery.project_root(target, here) for target in present))
    found = discovery.discover((*roots, *targets), configurations.for_folder)
    problems = [
        msgspec.structs.replace(problem, fatal=problem.fatal or problem.path in targets)
        for problem in found.problems
        if is_below(problem.path, targets)
    ]
    if not problems and not any(_is_reason_to_run(path, targets) for path in found.files):
        problems += [
            Problem(
                target, "There is no Python or deployment file here. Correct the path.", fatal=True
            )
            for target in targets
        ]
    return Scope(targets, roots, found.files, tuple(problems))


def _is_reason_to_run(path: str, targets: tuple[str, ...]) -> bool:
    """Whether a file is what somebody who names `targets` means: not just the settings beside it."""
    return path in targets or (is_below(path, targets) and kind_of(path) is not Kind.PYPROJECT)


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector off for as long as an analysis runs."""
    # A run builds millions of small objects and no cycles worth freeing before it ends, but each
    # full collection visits them all: with the collector on, a big project takes twice as long.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()  # else the first collection visits all that the run has built
            gc.enable()


def editable(path: str) -> Source | None:
    """The file at `path` where it can be read and written back whole."""
    source = files.read(path)
    return source if isinstance(source, Source) and source.form is not None else None


def _order(finding: Finding) -> tuple[str, object, str]:
    return finding.path, finding.span, finding.code
