"""The message that comes with every keystroke, read from its bytes straight into what the session takes.

lsprotocol's classes and pygls' dispatch cost as much as taking the edit in. Whatever is not exactly this
notification goes the long way, and is answered or refused there.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from unlag.lsp.buffers import Place, Replacement

METHOD = "textDocument/didChange"


class _Range(msgspec.Struct):
    start: Place
    end: Place


class _Change(msgspec.Struct):
    text: str
    range: _Range | None = None


class _Document(msgspec.Struct):
    uri: str
    version: int


class _Parameters(msgspec.Struct, rename="camel"):
    text_document: _Document
    content_changes: list[_Change]


class _Notification(msgspec.Struct, forbid_unknown_fields=True):
    """Without an `id`: a request of that name is somebody's mistake."""

    jsonrpc: Literal["2.0"]
    method: Literal["textDocument/didChange"]
    params: _Parameters


class Typed(msgspec.Struct, frozen=True):
    """Edits of one document."""

    uri: str
    version: int
    replacements: list[Replacement]


_decode = msgspec.json.Decoder(_Notification).decode
_MARK = f'"{METHOD}"'.encode()


def typed(body: bytes) -> Typed | None:
    """The edits that a message tells of; None for any other message."""
    if _MARK not in body:
        return None
    try:
        params = _decode(body).params
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    document = params.text_document
    edits = [_replacement(item) for item in params.content_changes]
    return Typed(document.uri, document.version, edits)


def _replacement(change: _Change) -> Replacement:
    place = change.range
    if place is None:
        return Replacement(change.text)
    return Replacement(change.text, place.start, place.end)
