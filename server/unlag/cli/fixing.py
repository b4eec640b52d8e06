"""`--fix` and `--diff`: carries fixes from findings into files, or shows what they would change.

Which fixes get on with each other is decided in `unlag.fixes.apply`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import msgspec

from unlag import files
from unlag.cli.analysis import Analysis, Engine, editable
from unlag.cli.places import shown
from unlag.configurations import Configurations
from unlag.files import Source
from unlag.finding import Finding, Problem
from unlag.fixes.apply import Fix, Outcome, Project, Refused, fix_all


class Fixed(msgspec.Struct, frozen=True):
    """What fixing did."""

    analysis: Analysis
    """The state after it."""
    texts: Mapping[str, str]
    applied: tuple[Fix, ...]
    refused: tuple[Refused, ...]
    problems: tuple[Problem, ...] = ()
    """Files that could not be written."""


class Originals:
    """The files as they were before the first fix, each read once and only when one is due."""

    def __init__(self) -> None:
        self._sources: dict[str, Source | None] = {}

    def __call__(self, path: str) -> Source | None:
        """The file at `path`; None where it must not be written."""
        if path not in self._sources:
            self._sources[path] = editable(path)
        return self._sources[path]

    def text(self, path: str) -> str | None:
        """Its text."""
        source = self(path)
        return None if source is None else source.text


def fix(
    engine: Engine,
    analysis: Analysis,
    findings: tuple[Finding, ...],
    configurations: Configurations,
    originals: Originals,
    *,
    unsafe: bool,
) -> Fixed:
    """Make the fixes of `findings` in memory, and of what is found in fixed places after them."""
    latest = [analysis]
    accepted = set(map(_identity, analysis.findings)) - set(map(_identity, findings))

    def analyse(texts: Mapping[str, str]) -> Iterator[Finding]:
        latest.append(engine.again(texts))
        return (found for found in latest[-1].findings if _identity(found) not in accepted)

    project = Project(
        originals.text, lambda path: configurations.for_path(path).offload_style, analyse
    )
    outcome: Outcome = fix_all(findings, project, unsafe=unsafe)
    return Fixed(latest[-1], outcome.texts, outcome.applied, outcome.refused)


def _identity(finding: Finding) -> tuple[str, str]:
    return finding.path, finding.fingerprint


def write(texts: Mapping[str, str], originals: Originals) -> tuple[Problem, ...]:
    """Replace the files; gives those that could not be."""
    problems = []
    for path, text in sorted(texts.items()):
        source = originals(path)
        problem = None if source is None else files.write(source, text)
        if problem is not None:
            problems.append(msgspec.structs.replace(problem, fatal=True))
    return tuple(problems)


def diff(texts: Mapping[str, str], originals: Originals) -> Iterator[str]:
    """The changes as unified diffs, line by line without line ends."""
    for path, text in sorted(texts.items()):
        before = (originals.text(path) or "").split("\n")
        name = shown(path)
        yield from _unified(name, before, text.split("\n"))


def _unified(name: str, before: list[str], after: list[str]) -> Iterator[str]:
    ends_before, ends_after = _ended(before), _ended(after)
    for line in difflib.unified_diff(ends_before, ends_after, name, name):
        yield line[:-1] if line.endswith("\n") else f"{line}\n\\ No newline at end of file"


def _ended(lines: list[str]) -> list[str]:
    """The lines with their ends; the last one has none where the file does not end in one."""
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended
