"""Which files the client is asked to watch, and what its events touch."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from lsprotocol import types

from unlag.deployment.names import GLOBS
from unlag.lsp import uris
from unlag.lsp.settings import CONFIGURATION

_PATTERNS = ("**/*.py", *(f"**/{name}" for name in sorted(CONFIGURATION)), *GLOBS)


def registration() -> types.RegistrationParams:
    """Asks for events of Python, configuration and deployment files, and for anything that is deleted."""
    watchers = [types.FileSystemWatcher(pattern) for pattern in _PATTERNS]
    # a folder that goes takes its files with it, and editors report the folder only
    watchers.append(types.FileSystemWatcher("**/*", types.WatchKind.Delete))
    return types.RegistrationParams(
        [
            types.Registration(
                str(uuid.uuid4()),
                types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                types.DidChangeWatchedFilesRegistrationOptions(watchers),
            )
        ]
    )


def paths_of(named: Iterable[str]) -> set[str]:
    """The paths of those URIs that name files."""
    paths = (uris.to_path(uri) for uri in named)
    return {path for path in paths if path is not None}
