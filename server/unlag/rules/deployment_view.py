"""What a rule about deployment sees: one file, and what all of them together start in production."""

from __future__ import annotations

from unlag.deployment.facts import DeploymentFile
from unlag.deployment.project import Deployment, ProductionStart
from unlag.finding import Finding, FixOffer, Severity
from unlag.project.index import Index


class DeploymentView:
    """One deployment file as rules see it."""

    __slots__ = ("file", "index", "path", "project", "relative")

    def __init__(self, index: Index, path: str) -> None:
        self.index = index
        self.path = path
        self.project: Deployment = index.deployment(path)
        self.relative = index.relative(path)
        """Its path in the project."""
        self.file: DeploymentFile = self.project.files[self.relative]

    @property
    def starts(self) -> tuple[ProductionStart, ...]:
        """What the file starts in production."""
        return self.project.starts_in(self.relative)

    def finding(
        self,
        start: int,
        end: int,
        severity: Severity,
        message: str,
        *,
        sink: str = "",
        fixes: tuple[FixOffer, ...] = (),
    ) -> Finding:
        """A finding on a stretch of the file's text."""
        span = self.file.span(start, end)
        return Finding("", "", severity, self.path, span, message, sink=sink, fixes=fixes)
