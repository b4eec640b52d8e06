"""The endpoint table as data: every route, where it runs, and the way to what blocks it."""

from __future__ import annotations

from typing import Any

import msgspec

from unlag.finding import Step
from unlag.lsp import cards
from unlag.lsp.convert import Converter, calling
from unlag.lsp.projects import Projects
from unlag.snapshot import EndpointRow


class Listed(msgspec.Struct, frozen=True):
    """A row of the table and its chain."""

    row: EndpointRow
    chain: tuple[Step, ...]


def listed(projects: Projects, path: str | None) -> list[Listed]:
    """Every endpoint of the workspace, or of one file. Runs on the analysis thread."""
    found = []
    for project in projects.all:
        if project.snapshot is None:
            continue
        wrong = cards.reported(project)
        for row in project.snapshot.endpoints:
            if path in (None, row.path) and projects.owner(row.path) is project:
                function_id = f"{row.path}:{row.function}"
                index = project.workspace.index
                chain = cards.chain_of(index, function_id, wrong) if row.findings else ()
                found.append(Listed(row, chain))
    return found


def as_data(item: Listed, converter: Converter) -> dict[str, Any]:
    """One endpoint for the client: positions in its units, lines from 0."""
    row = item.row
    return {
        "kind": row.kind,
        "method": row.method,
        "route": row.route,
        "function": row.function,
        "uri": converter.uri_of(row.path),
        "line": row.line - 1,
        "runs": row.runs,
        "threadHops": row.thread_hops,
        "repeats": list(row.repeats),
        "findings": row.findings,
        "chain": [_step(step, converter) for step in item.chain],
    }


def _step(step: Step, converter: Converter) -> dict[str, Any]:
    place = converter.position(step.path, step.line, step.column)
    return {
        "uri": converter.uri_of(step.path),
        "line": place.line,
        "character": place.character,
        "function": step.function.partition("#")[0],
        "call": step.label,
        "message": step.said_of(calling(step.function), "`"),
    }
