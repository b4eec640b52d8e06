"""All deployment files of a project together: which of their commands start it in production.

Decides by names, target stages and override order. What only might be production is left out: a
start in the answer is one that somebody who deploys these files gets.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from unlag.deployment import dockerfiles
from unlag.deployment.facts import Command, DeploymentFile, Kind, Service, Variable
from unlag.deployment.names import (
    development_word,
    is_for_development,
    kind_of,
    production_word,
)
from unlag.deployment.servers import SERVERS, Start, starts
from unlag.deployment.services import builds_frontend, is_development_service


class ProductionStart(msgspec.Struct, frozen=True):
    """A program that is started in production, and how one knows."""

    path: str
    """Relative to the project."""
    start: Start
    where: str
    """The place in words: `the final stage of Dockerfile`."""


class AboutCode(msgspec.Struct, frozen=True):
    """What deployment says that findings in Python code depend on."""

    scripts: frozenset[str] = frozenset()
    """Python files and modules that are started in production, as written."""
    has_server: bool = False
    """Whether a server is started from its command line."""
    variables: Mapping[str, frozenset[str]] = {}
    """What production sets variables to, by name."""


class Deployment:
    """Every deployment file of one project, by relative path."""

    def __init__(self, files: Mapping[str, DeploymentFile]) -> None:
        self.files = files

    def starts_in(self, path: str) -> tuple[ProductionStart, ...]:
        """What the file at a relative path starts in production."""
        return tuple(item for item in self.starts if item.path == path)

    @cached_property
    def starts(self) -> tuple[ProductionStart, ...]:
        """Everything that is started in production, scripts followed."""
        found = [
            *self._of_dockerfiles(),
            *self._of_compose_files(),
            *self._of_services(),
            *self._of_named_scripts(),
        ]
        return (*found, *self._of_scripts(found))

    @cached_property
    def about_code(self) -> AboutCode:
        """What findings in Python code depend on."""
        python = {
            item.start.words[0].text for item in self.starts if item.start.program == "python"
        }
        has_server = any(item.start.program in SERVERS for item in self.starts)
        return AboutCode(frozenset(python), has_server, self._variables)

    @cached_property
    def _variables(self) -> Mapping[str, frozenset[str]]:
        """What production sets variables to, by name."""
        found: dict[str, set[str]] = {}
        for path in self.files:
            if self.is_for_production(path):
                for variable in self.variables_in(path):
                    found.setdefault(variable.name, set()).add(variable.value)
        return {name: frozenset(values) for name, values in found.items()}

    def variables_in(self, path: str) -> tuple[Variable, ...]:
        """The variables that a file sets where it says nothing of development."""
        file = self.files[path]
        groups = [
            service.variables for service in file.services if not is_development_service(service)
        ]
        groups += [stage.variables for stage in dockerfiles.stages_for_production(file)]
        return tuple(dict.fromkeys(variable for group in groups for variable in group))

    def is_for_production(self, path: str) -> bool:
        """Whether a file counts, by its name and by the names of those beside it."""
        if development_word(path):
            return False
        if production_word(posixpath.basename(path)):
            return True
        return self.production_twin(path) == ""

    def production_twin(self, path: str) -> str:
        """The file beside `path` of the same kind that is named for production, if there is one."""
        if production_word(posixpath.basename(path)):
            return ""
        kind = kind_of(path)
        if kind is Kind.SHELL:
            return ""
        return next((twin for twin in self._production_files(kind) if _beside(twin, path)), "")

    def _production_files(self, kind: Kind | None) -> Iterator[str]:
        for path, file in self.files.items():
            is_named = production_word(posixpath.basename(path)) and not development_word(path)
            if file.kind is kind and is_named:
                yield path

    # -- Dockerfiles

    def _of_dockerfiles(self) -> Iterator[ProductionStart]:
        for path, file in self.files.items():
            if file.kind is not Kind.DOCKERFILE or self._serves_development_only(path):
                continue
            if self.is_for_production(path):
                wanted = frozenset(self._targets(path))
                for image in dockerfiles.images(file, wanted):
                    if not self._is_replaced(path, image.stage.name):
                        where = dockerfiles.described(image, file, posixpath.basename(path))
                        for command in image.commands:
                            yield from _started(path, command, where)

    def _serves_development_only(self, path: str) -> bool:
        """Whether compose files build a Dockerfile, and only ever with the source mounted or the like."""
        built = [
            self._is_development(file, service)
            for file, found in self.files.items()
            if found.kind is Kind.COMPOSE and not development_word(file)
            for service in found.services
            if self._dockerfile(file, service) == path
        ]
        return bool(built) and all(built)

    def _targets(self, path: str) -> Iterator[str]:
        """Stages of a Dockerfile that production compose files build."""
        for file, service in self._production_services():
            if service.target and self._dockerfile(file, service) == path:
                yield service.target

    def _is_replaced(self, path: str, stage: str) -> bool:
        """Whether a compose file named for production starts the image with a command of its own."""
        return any(
            service.command is not None or service.entrypoint is not None
            for file, service in self._production_services()
            if production_word(posixpath.basename(file))
            and self._dockerfile(file, service) == path
            and service.target in ("", stage)
        )

    def _production_services(self) -> Iterator[tuple[str, Service]]:
        for path, file in self.files.items():
            if file.kind is Kind.COMPOSE and self.is_for_production(path):
                for service in file.services:
                    yield path, service

    def _dockerfile(self, path: str, service: Service) -> str:
        """The relative path of the Dockerfile that a service is built from."""
        if not service.is_built:
            return ""
        name = posixpath.join(service.context or ".", service.dockerfile or "Dockerfile")
        return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))

    # -- compose files

    def _of_compose_files(self) -> Iterator[ProductionStart]:
        for path, file in self.files.items():
            if file.kind is not Kind.COMPOSE or development_word(path):
                continue
            for service in file.services:
                note = self._overlay(path, service.name)
                if note is not None and not self._is_development(path, service):
                    where = f"service `{service.name}` of `{posixpath.basename(path)}`{note}"
                    for command in self._of_service(path, service):
                        yield from _started(path, command, where)

    def _is_development(self, path: str, service: Service) -> bool:
        """Whether a service is for development; a file named for production knows better than its settings."""
        if production_word(posixpath.basename(path)):
            return is_for_development(service.name)
        return is_development_service(service)

    def _overlay(self, path: str, name: str) -> str | None:
        """A note on the file laid over this one for production; None where that decides otherwise."""
        if production_word(posixpath.basename(path)):
            return ""
        for twin in self._production_files(Kind.COMPOSE):
            if _beside(twin, path):
                over = next((s for s in self.files[twin].services if s.name == name), None)
                if over is None or over.command or over.entrypoint:
                    return None
                if over.is_built or over.has_image:
                    return None
                return f", which `{posixpath.basename(twin)}` does not replace,"
        return ""

    def _of_service(self, path: str, service: Service) -> tuple[Command, ...]:
        entrypoint = service.entrypoint
        if entrypoint is None and service.command is not None:
            file = self.files.get(self._dockerfile(path, service))
            words = service.command.words
            if file is not None and words and words[0].text.startswith("-"):
                entrypoint = dockerfiles.entrypoint(file, service.target)
                own = dockerfiles.joined(entrypoint, service.command)
                return own if entrypoint is not None and not entrypoint.is_shell else ()
        return dockerfiles.joined(entrypoint, service.command)

    # -- Procfiles, units, scripts

    def _of_services(self) -> Iterator[ProductionStart]:
        for path, file in self.files.items():
            if file.kind not in (Kind.PROCFILE, Kind.SYSTEMD) or not self.is_for_production(path):
                continue
            if any(builds_frontend(service) for service in file.services):
                continue
            for service in file.services:
                if service.command is None or is_development_service(service):
                    continue
                name = posixpath.basename(path)
                is_unit = file.kind is Kind.SYSTEMD
                where = f"unit `{name}`" if is_unit else f"process `{service.name}` of `{name}`"
                for command in service.command.commands:
                    yield from _started(path, command, where)

    def _of_named_scripts(self) -> Iterator[ProductionStart]:
        for path, file in self.files.items():
            if file.kind is Kind.SHELL and production_word(path) and not development_word(path):
                yield from _of_script(path, file, f"`{posixpath.basename(path)}`")

    def _of_scripts(self, found: Iterable[ProductionStart]) -> Iterator[ProductionStart]:
        """What the scripts do that production starts."""
        done = {item.path for item in found if self.files[item.path].kind is Kind.SHELL}
        waiting = [item for item in found if item.start.program == "script"]
        while waiting:
            item = waiting.pop(0)
            path = self._script(item)
            if not path or path in done or development_word(path):
                continue
            done.add(path)
            where = f"`{posixpath.basename(path)}`, which {item.where} runs,"
            for started in _of_script(path, self.files[path], where):
                yield started
                if started.start.program == "script":
                    waiting.append(started)

    def _script(self, item: ProductionStart) -> str:
        """The shell script of the project that a start names: the only one of its name, or the closest."""
        name = posixpath.basename(item.start.words[0].text)
        same = [
            path
            for path, file in self.files.items()
            if file.kind is Kind.SHELL and posixpath.basename(path) == name
        ]
        folder = posixpath.dirname(item.path)
        close = [path for path in same if posixpath.dirname(path) == folder]
        below = [path for path in same if not folder or path.startswith(f"{folder}/")]
        for candidates in (close, below, same):
            if len(candidates) == 1:
                return candidates[0]
        return ""


def _started(path: str, command: Command, where: str) -> Iterator[ProductionStart]:
    for start in starts(command):
        if not start.is_guarded:
            yield ProductionStart(path, start, where)


def _of_script(path: str, file: DeploymentFile, where: str) -> Iterator[ProductionStart]:
    for command in file.commands:
        yield from _started(path, command, where)


def _beside(one: str, other: str) -> bool:
    return one != other and posixpath.dirname(one) == posixpath.dirname(other)
