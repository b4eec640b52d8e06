"""One run of the engine over the files below some paths: discovery, reading, analysis, filtering.

Presents nothing and decides no exit code.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from unlag import discovery, files
from unlag.cli import cache
from unlag.cli.cache import Seen
from unlag.cli.places import is_below
from unlag.cli.progress import Progress
from unlag.configurations import Configurations
from unlag.deployment.facts import Kind
from unlag.deployment.names import kind_of
from unlag.deployment.reading import can_tell
from unlag.files import Source
from unlag.finding import Finding, Problem
from unlag.known_facts import KnownFacts
from unlag.packed import Packed
from unlag.snapshot import EndpointRow, Queries, Snapshot
from unlag.versions import Known
from unlag.workspace import Change, Workspace


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
        will_change: bool = False,
        wants_endpoints: bool = False,
        known: KnownFacts | None = None,
    ) -> None:
        self._scope = scope
        self._wants_endpoints = wants_endpoints
        self._known = known
        self._progress = progress
        self._problems: list[Problem] = []
        self._seen: dict[str, Seen] = {}
        root_config = configurations.for_folder(scope.roots[0])
        self._workspace = Workspace(
            scope.roots,
            root_config,
            config_for=configurations.for_path,
            tracks=will_change,
            text_of=self._text,
        )

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The files as they were read; fewer than there are where some could not be."""
        return tuple(self._seen.values())

    def run(self) -> Analysis:
        """Read every file and analyse the whole."""
        return self._result(self._workspace.apply(self._read()))

    def queries(self) -> Queries:
        """What every route can ask its database; reads the files like `run`."""
        return self._workspace.apply(self._read()).queries

    def _read(self) -> Iterator[Change]:
        return iter(self._progress.counted(self._changes(), len(self._scope.files), "Reading"))

    def again(self, texts: Mapping[str, str]) -> Analysis:
        """Analyse once more with some texts replaced."""
        self._progress.say("Checking what was fixed")
        changes = [Change(path, text) for path, text in texts.items()]
        return self._result(self._workspace.apply(changes))

    def _changes(self) -> Iterator[Change]:
        for path in self._scope.files:
            source = files.read(path)
            problem = source if isinstance(source, Problem) else source.problem
            if problem is not None and (kind_of(path) is None or path in self._scope.targets):
                self._note(problem)  # what may be no text at all is only said of files named
            if isinstance(source, Problem):
                continue
            self._seen[path] = Seen.of(source)
            if kind_of(path) is not None and not can_tell(path, source.text):
                continue
            known = self._known if kind_of(path) is None else None
            yield Change(path, source.text, known.parsed(source.text) if known else None)
        if self._known is not None:
            self._known.close(is_whole=True)

    def _text(self, path: str) -> str | None:
        """The text of a file once more; None where it has changed since it was read."""
        source, seen = files.read(path), self._seen.get(path)
        if not isinstance(source, Source) or seen is None:
            return None
        has_stamp = source.form is not None and source.form.stamp == seen.stamp
        return source.text if has_stamp or Seen.of(source) == seen else None

    def _note(self, problem: Problem) -> None:
        if problem.path in self._scope.targets:
            problem = msgspec.structs.replace(problem, fatal=True)
        self._problems.append(problem)

    def _result(self, snapshot: Snapshot) -> Analysis:
        targets = self._scope.targets
        found = [
            finding
            for path, findings in snapshot.findings.items()
            if is_below(path, targets)
            for finding in findings
        ]
        problems = [*self._scope.problems, *self._problems, *snapshot.problems]
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
    known = KnownFacts(scope.roots) if use_cache else None
    engine = Engine(scope, configurations, progress, wants_endpoints=wants_endpoints, known=known)
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
    roots = tuple(dict.fromkeys(discovery.project_root(target) for target in present))
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
