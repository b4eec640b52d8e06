"""Quick fixes, fix-all, "ignore" and "explain": offered from the view, worked out when chosen.

An action carries who it is for, never an edit; the edit is made against the text that holds when it
is asked for, and not at all where that text is another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from lsprotocol import types

from unlag.finding import Finding, FixOffer, Safety, Span
from unlag.lsp import uris
from unlag.lsp.buffers import Place
from unlag.lsp.session import Session

FIX_ALL = "source.fixAll.unlag"
EXPLAIN = "unlag.explainRule"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL)


class Wish(msgspec.Struct, frozen=True):
    """`CodeAction.data`: what the action is to do, and to which text."""

    do: Literal["fix", "ignore", "fix-all"]
    uri: str
    version: int | None
    fingerprint: str = ""
    offer: str = ""
    """Title of the fix."""


def offered(session: Session, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for a stretch of a document, the preferred one first."""
    path = uris.to_path(params.text_document.uri)
    if path is None:
        return []
    only = params.context.only
    actions: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix.value, only):
        shown = {_fingerprint_of(item): item for item in params.context.diagnostics}
        for finding in _meant(session, path, params, shown):
            diagnostic = shown.get(finding.fingerprint)
            actions += _of_finding(session, finding, diagnostic)
    if _is_wanted(FIX_ALL, only) and _has_safe_fix(session.view.findings.get(path, ())):
        actions.append(_fix_all(session, path))
    return actions


def _of_finding(
    session: Session, finding: Finding, diagnostic: types.Diagnostic | None
) -> Iterator[types.CodeAction]:
    diagnostics = [diagnostic or session.converter().diagnostic(finding)]
    offers = sorted(finding.fixes, key=lambda offer: offer.safety is not Safety.SAFE)
    for offer in offers:
        is_best = offer is offers[0] and (offer.safety is Safety.SAFE or len(offers) == 1)
        yield types.CodeAction(
            title=offer.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=diagnostics,
            is_preferred=is_best or None,
            data=_wish(session, finding.path, "fix", finding, offer.title),
        )
    yield types.CodeAction(
        title=f"Ignore {finding.code} on this line",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=diagnostics,
        data=_wish(session, finding.path, "ignore", finding),
    )
    title = f"Explain {finding.code} ({finding.rule})"
    yield types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=diagnostics,
        command=types.Command(title, EXPLAIN, arguments=[finding.code]),
    )


def _fix_all(session: Session, path: str) -> types.CodeAction:
    return types.CodeAction(
        title="Fix all safe Unlag findings in this file",
        kind=FIX_ALL,
        data=_wish(session, path, "fix-all"),
    )


def _wish(
    session: Session,
    path: str,
    do: Literal["fix", "ignore", "fix-all"],
    finding: Finding | None = None,
    offer: str = "",
) -> Any:
    buffer = session.buffers.get(path)
    version = buffer.version if buffer is not None else None
    fingerprint = finding.fingerprint if finding is not None else ""
    return msgspec.to_builtins(Wish(do, session.uri_of(path), version, fingerprint, offer))


def _meant(
    session: Session,
    path: str,
    params: types.CodeActionParams,
    shown: dict[str, types.Diagnostic],
) -> list[Finding]:
    """The findings that the client asks about: those it names, and those in its range."""
    findings = session.view.findings.get(path, ())
    buffer = session.buffers.get(path)
    if buffer is None or not session.is_current(path):
        return [finding for finding in findings if finding.fingerprint in shown]
    start, end = params.range.start, params.range.end
    first = (start.line + 1, buffer.column(Place(start.line, start.character)))
    last = (end.line + 1, buffer.column(Place(end.line, end.character)))
    return [
        finding
        for finding in findings
        if finding.fingerprint in shown or _touches(finding.span, first, last)
    ]


def _touches(span: Span, first: tuple[int, int], last: tuple[int, int]) -> bool:
    return (span.line, span.column) <= last and first <= (span.end_line, span.end_column)


def _fingerprint_of(diagnostic: types.Diagnostic) -> str:
    data = diagnostic.data
    return str(data.get("fingerprint", "")) if isinstance(data, dict) else ""


def _is_wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    if only is None:
        return True
    names = [getattr(item, "value", item) for item in only]
    return any(name in ("", kind) or kind.startswith(f"{name}.") for name in names)


def _has_safe_fix(findings: Sequence[Finding]) -> bool:
    return any(offer.safety is Safety.SAFE for finding in findings for offer in finding.fixes)


def offer_of(finding: Finding, title: str) -> FixOffer | None:
    """The fix of `finding` with that title."""
    return next((offer for offer in finding.fixes if offer.title == title), None)
