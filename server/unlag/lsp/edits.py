"""Works out the edit of a chosen code action, beside the event loop, on texts that cannot change.

Refuses where the text has moved on, and where a fix cannot be made there; the reason goes to the log.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec
from lsprotocol import types

from unlag import files, fixes
from unlag.finding import Edit, Finding, Span
from unlag.fixes import FixRequest, Refusal
from unlag.lsp import ignoring, uris
from unlag.lsp.code_actions import Wish, offer_of
from unlag.lsp.convert import Converter
from unlag.lsp.log import described, logger
from unlag.lsp.session import Session
from unlag.lsp.view import View, wide_lines

_WAIT = 2.0

Made = tuple[Edit, ...] | Refusal


class Texts:
    """The texts that an edit is made against: open documents as they are now, else the disk."""

    def __init__(self, session: Session) -> None:
        self._texts: dict[str, str | None] = {
            path: buffer.text for path, buffer in session.buffers.items()
        }
        self.versions = {path: buffer.version for path, buffer in session.buffers.items()}
        self._newlines = {path: buffer.newline for path, buffer in session.buffers.items()}

    def __call__(self, path: str) -> str | None:
        """The text of a file; None where it cannot be read whole."""
        if path not in self._texts:
            source = files.read(path)
            if isinstance(source, files.Source) and source.form is not None:
                self._texts[path] = source.text
                self._newlines[path] = source.form.newline
            else:
                self._texts[path] = None
        return self._texts[path]

    def as_stored(self, path: str, added: str) -> str:
        """What is added to a file, with the line ends that the file has: not every client sees to that."""
        newline = self._newlines.get(path, "\n")
        return added if newline == "\n" else added.replace("\n", newline)


class Editor:
    """Makes edits one after the other on a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "edits")

    async def resolve(
        self, session: Session, action: types.CodeAction
    ) -> types.CodeAction | Refusal:
        """`action` with its edit, or why that cannot be made."""
        try:
            wish = msgspec.convert(action.data, Wish)
        except msgspec.ValidationError:
            return action  # another server's, or one that only runs a command
        texts = Texts(session)
        made = await self._made(session, wish, texts)
        path = uris.to_path(wish.uri)
        if not isinstance(made, Refusal) and path is not None and not _holds(session, texts, made):
            made = Refusal("The text changed meanwhile: choose the fix again.")
        if isinstance(made, Refusal):
            logger.info("No edit for %r in %s: %s", action.title, wish.uri, made.reason)
            return made
        edit = _workspace_edit(session, texts, made)
        return types.CodeAction(
            title=action.title,
            kind=action.kind,
            diagnostics=action.diagnostics,
            is_preferred=action.is_preferred,
            edit=edit,
            data=action.data,
        )

    async def _made(self, session: Session, wish: Wish, texts: Texts) -> Made:
        path = uris.to_path(wish.uri)
        if path is None or texts.versions.get(path) != wish.version:
            return Refusal("The text has changed since this was offered: choose it again.")
        await session.settled(_WAIT)
        if not session.is_current(path):
            return Refusal("The text is still being analysed: choose it again in a moment.")
        view = session.view
        work = _work(view, wish, path, texts)
        if isinstance(work, Refusal):
            return work
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work)
        except Exception as error:
            return Refusal(f"This is a fault in Unlag, report it: {described(error)}.")


def _work(view: View, wish: Wish, path: str, texts: Texts) -> Callable[[], Made] | Refusal:
    """What is to be done on the other thread."""
    findings = view.findings.get(path, ())
    if wish.do == "fix-all":
        return lambda: _all_safe(findings, texts, view.style_of)
    finding = next((item for item in findings if item.fingerprint == wish.fingerprint), None)
    if finding is None:
        return Refusal("The finding is gone.")
    if wish.do == "ignore":
        return lambda: _ignored(finding, texts)
    offer = offer_of(finding, wish.offer)
    if offer is None:
        return Refusal("The fix is not offered any more.")

    def fix() -> Made:
        text = texts(path)
        if text is None:
            return Refusal("The file cannot be read whole.")
        style = view.style_of(path)
        request = FixRequest(path, text, finding.span, offer.arguments, style, texts)
        return fixes.edits(offer, request)

    return fix


def _ignored(finding: Finding, texts: Texts) -> Made:
    text = texts(finding.path)
    edit = ignoring.edit(finding, text) if text is not None else None
    return (edit,) if edit is not None else Refusal("No comment can stand on this line.")


def _all_safe(findings: Iterable[Finding], texts: Texts, style_of: Callable[[str], str]) -> Made:
    from unlag.fixes.apply import one_pass

    outcome = one_pass(findings, texts, style_of, unsafe=False)
    edits = [
        edit
        for path, after in outcome.texts.items()
        for edit in _difference(path, texts(path) or "", after)
    ]
    return tuple(edits) or Refusal("None of the safe fixes can be made.")


def _difference(path: str, before: str, after: str) -> Iterator[Edit]:
    """Edits by whole lines that make `after` of `before`."""
    old, new = before.split("\n"), after.split("\n")
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        text = "\n".join(new[new_start:new_end])
        if end < len(old):
            added = f"{text}\n" if new_end > new_start else ""
            yield Edit(path, Span(start + 1, 0, end + 1, 0), added)
        else:
            first = max(start - 1, 0)
            joined = f"\n{text}" if new_end > new_start and start else text
            yield Edit(
                path, Span(first + 1, len(old[first]) if start else 0, end, len(old[-1])), joined
            )


def _holds(session: Session, texts: Texts, edits: Iterable[Edit]) -> bool:
    """Whether every document to edit still has the text the edits were made against."""
    for path in {edit.path for edit in edits}:
        buffer = session.buffers.get(path)
        if (buffer.version if buffer is not None else None) != texts.versions.get(path):
            return False
    return True


def _workspace_edit(session: Session, texts: Texts, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    wide: Mapping[str, Mapping[int, str]] = {
        path: wide_lines(texts(path) or "") for path in by_path
    }
    converter = Converter(session.client, View(wide=wide), session.uri_of)
    changes = {
        path: [
            types.TextEdit(converter.range(path, edit.span), texts.as_stored(path, edit.text))
            for edit in items
        ]
        for path, items in by_path.items()
    }
    if not session.client.has_document_changes:
        return types.WorkspaceEdit(
            changes={session.uri_of(path): items for path, items in changes.items()}
        )
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(
                    session.uri_of(path), texts.versions.get(path)
                ),
                items,
            )
            for path, items in changes.items()
        ]
    )
