"""No test reads or writes the cache of the user who runs it, and none fails because the machine is busy."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from unlag.workspace import Workspace

settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Servers and command lines that tests start inherit it."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture
def resumptions(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each project opened from now on went on from what was kept, as far as it tried."""
    found: list[bool] = []
    restore = Workspace.restore

    def noting(workspace: Workspace, *arguments: object) -> bool:
        found.append(restore(workspace, *arguments))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(Workspace, "restore", noting)
    return found
