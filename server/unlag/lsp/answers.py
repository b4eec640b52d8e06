"""Answers that take the index: asked of the analysis thread, which answers between two analyses.

While it indexes it answers from what it has; what it has not, is left out.
"""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from unlag.finding import Finding
from unlag.lsp import cards, endpoints, hovers, lenses, uris
from unlag.lsp.buffers import Place
from unlag.lsp.cards import Card, Outside
from unlag.lsp.projects import Projects
from unlag.lsp.session import Session

_PATIENCE = 0.5
"""Seconds to wait for a text that is being analysed."""
_TABLE = 10.0
"""Seconds to wait for a table that must speak of all that was sent before."""
_INDEXING = 0.03
"""Seconds to wait while a workspace is being indexed."""


async def hover(session: Session, uri: str, position: types.Position) -> str | None:
    """The markdown for a place in an open document."""
    buffer = session.buffer(uri)
    if buffer is None:
        return None
    if not session.is_current(buffer.path) and session.view.is_complete:
        await session.settled(_PATIENCE)
    place = Place(position.line, position.character)
    line, column = position.line + 1, buffer.column(place)
    is_current = session.is_current(buffer.path)
    findings = session.view.findings.get(buffer.path, ()) if is_current else ()
    parts = [
        hovers.of_finding(finding, has_rule_pages=session.client.has_rule_pages)
        for finding in findings
        if _holds(finding, line, column)
    ]
    word = hovers.word_at(buffer.line(position.line), column)
    found = await _named(session, buffer.path, line, column, word) if word else None
    if found is not None:
        parts.append(hovers.of(found))
    return "\n\n---\n\n".join(parts) or None


async def lenses_of(session: Session, uri: str) -> list[types.CodeLens]:
    """The lines above the functions of a document."""
    path = uris.to_path(uri)
    if path is None or not session.settings.code_lens:
        return []
    await session.settled(_wait(session))

    def ask(projects: Projects) -> list[Card]:
        project = projects.owner(path)
        return cards.cards_in(project, path) if project is not None else []

    found = await session.ask(ask, _wait(session)) or []
    converter = session.converter()
    return [lenses.lens(card, converter) for card in found]


async def endpoint_table(session: Session, uri: str | None) -> dict[str, Any]:
    """Every endpoint known, and whether that is all of them."""
    path = (uris.to_path(uri) or "") if uri is not None else None
    await session.settled(_TABLE if session.view.is_complete else _INDEXING)
    found = await session.ask(lambda projects: endpoints.listed(projects, path), _TABLE) or []
    converter = session.converter()
    return {
        "endpoints": [endpoints.as_data(item, converter) for item in found],
        "complete": session.view.is_complete and session.view.is_whole,
    }


async def _named(
    session: Session, path: str, line: int, column: int, word: str
) -> Card | Outside | None:
    def ask(projects: Projects) -> Card | Outside | None:
        project = projects.owner(path)
        return cards.at(project, path, line, column, word) if project is not None else None

    return await session.ask(ask, _wait(session))


def _wait(session: Session) -> float:
    return _PATIENCE if session.view.is_complete else _INDEXING


def _holds(finding: Finding, line: int, column: int) -> bool:
    span = finding.span
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)
