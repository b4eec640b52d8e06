"""What the run before this one, or the language server, knew of the project: a run goes on from there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from unlag.cli.progress import Progress
from unlag.cli.sources import Sources
from unlag.configurations import Configurations, Overrides
from unlag.known_facts import KnownFacts
from unlag.known_state import KnownState, Then
from unlag.project.live_index import go_on
from unlag.resuming import Reading, Since, can_resume, digests_of, since
from unlag.snapshot import Snapshot
from unlag.workspace import Workspace

_OUTDATED = 20
"""Where one file in so many is another, the next run is better off with a newer state."""


class LastState:
    """The state that is kept of one project under one selection of rules."""

    def __init__(self, root: str, files: Sequence[str], configurations: Configurations) -> None:
        self._files = files
        self._kept = KnownState(root, _selection(configurations.overrides))
        folders = {root, *map(os.path.dirname, files)}
        self._config = digests_of(configurations.for_folder, folders)
        self._is_outdated = True

    def resume(
        self, workspace: Workspace, sources: Sources, facts: KnownFacts, progress: Progress
    ) -> Snapshot | None:
        """What holds now, going on from the state; None where that is of no use and nothing was taken in."""
        state = self._kept.load()
        if state is None or not can_resume(state, facts, self._config):
            return None
        reading = Reading(sources.read, sources.digest)
        found = since(self._files, state, facts, reading, progress.reading, stays=True)
        facts.close(is_whole=True)
        read = partial(state.read, pause=go_on)
        if not found.is_worth_it or not workspace.restore(found.before, read):
            return workspace.apply(found.everything())
        self._is_outdated = _is_outdated(found)
        return workspace.apply(found.changes)

    def keep(self, workspace: Workspace, sources: Sources) -> None:
        """Leave what is known now to the next run, where that is worth the time."""
        stored = workspace.stored() if self._is_outdated else None
        if stored is None or stored.edited:
            return
        digests = {path: sources.digest(path) for path in workspace.paths()}
        then = Then(digests, self._config)
        for _ in self._kept.keeping(stored, then, workspace.index.own_tables()):
            pass


def _selection(overrides: Overrides) -> tuple[object, ...]:
    chosen = (overrides.select, overrides.ignore)
    return chosen if any(chosen) else ()  # then the language server keeps the same state


def _is_outdated(found: Since) -> bool:
    return _OUTDATED * found.others > len(found.before)
