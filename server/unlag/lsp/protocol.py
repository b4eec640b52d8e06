"""JSON-RPC as the specification wants it: every request gets an answer, whatever was sent.

Adds to pygls what it leaves open: the order of initialize and shutdown, messages that cannot be
read, and documents kept by the session instead of pygls' own workspace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from lsprotocol import types
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, LanguageServerProtocol
from pygls.protocol import lsp_method as handles

from unlag.lsp.buffers import Place, Replacement
from unlag.lsp.log import described, logger
from unlag.lsp.session import Session
from unlag.lsp.typed import METHOD, Typed, typed

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002


class Protocol(LanguageServerProtocol):
    """Between the bytes and the features."""

    session: Session
    on_exit: Callable[[int], None]
    _is_initialized = False

    def receive(self, body: bytes) -> None:
        """Handle one message."""
        edits = typed(body) if self._is_initialized and not self._shutdown else None
        if edits is not None:
            self._change(edits)
            return
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._refuse(None, PARSE_ERROR, f"The message is not JSON: {error}.")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            identity = data.get("id") if isinstance(data, dict) else None
            self._refuse(identity, INVALID_REQUEST, "The message is not JSON-RPC 2.0.")
            return
        if "method" in data and not self._is_in_order(data):
            return
        try:
            message = self._structured(data)
        except Exception as error:  # cattrs raises groups of what it likes
            self._refuse_parameters(data, error)
            return
        try:
            self.handle_message(message)
        except Exception as error:
            logger.error("%s failed: %s", data.get("method", "A response"), described(error))

    def _change(self, edits: Typed) -> None:
        try:
            self.session.change(edits.uri, edits.version, edits.replacements)
        except Exception as error:
            logger.error("%s failed: %s", METHOD, described(error))

    def _is_in_order(self, data: dict[str, Any]) -> bool:
        """Whether a request or notification can come now; a request that cannot is answered."""
        method, identity = data["method"], data.get("id")
        if method == types.EXIT:
            return True
        if self._shutdown:
            self._refuse(identity, INVALID_REQUEST, f"{method} came after shutdown.", data)
            return False
        if not self._is_initialized and method != types.INITIALIZE:
            self._refuse(identity, NOT_INITIALIZED, f"{method} came before initialize.", data)
            return False
        if self._is_initialized and method == types.INITIALIZE:
            self._refuse(identity, INVALID_REQUEST, "initialize came twice.", data)
            return False
        self._is_initialized = True
        return True

    def _structured(self, data: dict[str, Any]) -> Any:
        method = data.get("method")
        if method is None:
            return self.structure_message(data)
        kind = self.get_message_type(method)
        if kind is not None:
            return self._converter.structure(data, kind)
        if "id" in data:
            return JsonRPCRequestMessage(data["id"], method, self.VERSION, data.get("params"))
        return JsonRPCNotification(method, self.VERSION, data.get("params"))

    def _refuse_parameters(self, data: dict[str, Any], error: Exception) -> None:
        method = data.get("method")
        if method == types.INITIALIZE:
            self._is_initialized = False
        what = f"The parameters of {method} cannot be read" if method else "A response is garbled"
        self._refuse(data.get("id"), INVALID_PARAMS, f"{what}: {described(error)}.", data)

    def _refuse(
        self, identity: Any, code: int, message: str, data: dict[str, Any] | None = None
    ) -> None:
        logger.warning("%s", message)
        is_answerable = data is None or ("id" in data and "method" in data)
        if is_answerable and isinstance(identity, str | int | None):
            error = {"code": code, "message": message}
            self._send_data({"jsonrpc": self.VERSION, "id": identity, "error": error})

    # -- diagnostics, of which most go out as they went out before

    def in_json(self, diagnostics: Sequence[types.Diagnostic]) -> str:
        """Diagnostics as `publish` takes them."""
        return json.dumps(self._converter.unstructure(diagnostics))

    def publish(self, uri: str, version: int | None, diagnostics: str) -> None:
        """Send the diagnostics of a document, which are in JSON already."""
        of_version = "" if version is None else f', "version": {version}'
        params = f'{{"uri": {json.dumps(uri)}{of_version}, "diagnostics": {diagnostics}}}'
        self._send_text(
            f'{{"jsonrpc": "{self.VERSION}", "method": "{types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS}", '
            f'"params": {params}}}'
        )

    def _send_text(self, body: str) -> None:
        if self.writer is not None:
            data = body.encode()
            self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))

    # -- what pygls would do to its own workspace

    @handles(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Hand the document to the session."""
        item = params.text_document
        self.session.open(item.uri, item.version, item.text)

    @handles(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Hand the edits to the session: those that `typed` did not read."""
        replacements = [_replacement(change) for change in params.content_changes]
        identifier = params.text_document
        self.session.change(identifier.uri, identifier.version, replacements)

    @handles(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Tell the session."""
        self.session.close(params.text_document.uri)

    @handles(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: object) -> None:
        """Notebooks are no applications."""

    @handles(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: object) -> None:
        """Notebooks are no applications."""

    @handles(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: object) -> None:
        """Notebooks are no applications."""

    @handles(types.EXIT)
    def lsp_exit(self, *arguments: object) -> None:  # type: ignore[override]  # theirs yields
        """End the process: 0 after a shutdown, else 1."""
        self.on_exit(0 if self._shutdown else 1)


def _replacement(change: types.TextDocumentContentChangeEvent) -> Replacement:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Replacement(
            change.text, Place(start.line, start.character), Place(end.line, end.character)
        )
    return Replacement(change.text)
