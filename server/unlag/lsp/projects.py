"""The workspace folders as the analysis thread knows them."""

from __future__ import annotations

from collections.abc import Mapping

from unlag.config import Config
from unlag.finding import Finding, Problem
from unlag.lsp.members import is_below
from unlag.lsp.project import Project
from unlag.lsp.texts import Texts
from unlag.versions import Known


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
