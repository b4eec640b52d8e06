"""The event loop's side: open documents, the view that holds, and what was published of it.

Analyses nothing: it leaves word in the inbox and takes views out as they come.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types

from unlag.deployment.names import kind_of
from unlag.lsp import uris
from unlag.lsp.buffers import Buffer, Replacement
from unlag.lsp.convert import Client, Converter
from unlag.lsp.inbox import Inbox
from unlag.lsp.log import logger
from unlag.lsp.settings import Settings
from unlag.lsp.view import Analysed, Folder, Overlay, View

if TYPE_CHECKING:
    from unlag.lsp.projects import Projects

Answer = TypeVar("Answer")
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")

_NOTHING = "[]"
_PARTING = 0.5
"""Seconds that a process stays when its client has gone."""

Publish = Callable[[str, int | None, str], None]
"""Takes a document's URI, its version and its diagnostics in JSON."""


class Session:
    """One connection to one client. Lives on the event loop only."""

    def __init__(
        self, inbox: Inbox, publish: Publish, in_json: Callable[[Sequence[types.Diagnostic]], str]
    ) -> None:
        self.inbox = inbox
        self.client = Client()
        self.settings = Settings()
        self.view = View()
        self.buffers: dict[str, Buffer] = {}
        """Open documents by path."""
        self._folders: dict[Folder, None] = {}
        self._has_workspace = False
        self._publish = publish
        self._in_json = in_json
        self._written: dict[str, tuple[object, object, str]] = {}
        """Of open documents: wide lines, what was said last, and that in JSON."""
        self._uris = 0
        """Counts up when documents may be called by other URIs."""
        self._published: set[str] = set()
        """Paths whose diagnostics the client holds."""
        self._owed: set[str] = set()
        """Paths whose new diagnostics were held back, because their text had moved on."""
        self._asked = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    # -- documents

    def open(self, uri: str, version: int, text: str) -> None:
        """A document was opened; any but Python and deployment files are ignored."""
        path = uris.to_path(uri)
        if path is None or not (path.endswith(".py") or kind_of(path) is not None):
            return
        before = self.buffers.get(path)
        if before is not None and before.uri != uri:
            self._publish(before.uri, None, _NOTHING)  # one document, which has another name now
        self.buffers[path] = Buffer(uri, path, version, text, self.client.encoding)
        self._uris += 1
        if not self._has_workspace:
            self._follow_project_of(path)
        self._hand_over(path)

    def change(self, uri: str, version: int, replacements: Sequence[Replacement]) -> None:
        """A document was edited."""
        buffer = self.buffer(uri)
        if buffer is None:
            return
        if version <= buffer.version:
            logger.warning("%s: version %s came after %s.", uri, version, buffer.version)
        buffer.change(version, replacements)
        self._hand_over(buffer.path)

    def close(self, uri: str) -> None:
        """A document was closed: the disk's text holds again."""
        buffer = self.buffer(uri)
        if buffer is None:
            return
        del self.buffers[buffer.path]
        self._written.pop(buffer.path, None)
        self._uris += 1
        self._asked = self.inbox.put(overlays={buffer.path: None})
        if not self._is_shown(buffer.path):
            self._send(buffer.path, None, _NOTHING)

    def buffer(self, uri: str) -> Buffer | None:
        """The open document with that URI."""
        path = uris.to_path(uri)
        return self.buffers.get(path) if path is not None else None

    def touch(self, paths: Iterable[str]) -> None:
        """Something happened to files on disk."""
        self._asked = self.inbox.put(touched=paths)

    def follow(self, folders: tuple[str, ...]) -> None:
        """These are the workspace's folders now; without any, each open file's own project is."""
        self._has_workspace = bool(folders)
        self._folders = {Folder(folder): None for folder in folders}
        self._asked = self.inbox.put(folders=tuple(self._folders))
        if not folders:
            for path in self.buffers:
                self._follow_project_of(path)

    def configure(self, settings: Settings) -> None:
        """These are the user's settings now."""
        before, self.settings = self.settings, settings
        if before.python != settings.python:
            self._asked = self.inbox.put(settings=settings)
        if before.scope != settings.scope:
            self.publish({*self._published, *self.view.findings})

    def _follow_project_of(self, path: str) -> None:
        from unlag import discovery  # few editors open files without a folder

        root = discovery.project_root(path)
        is_project = any(os.path.exists(os.path.join(root, mark)) for mark in _PROJECT_MARKS)
        folder = Folder(root) if is_project else Folder(os.path.dirname(path), is_shallow=True)
        if folder not in self._folders:
            self._folders[folder] = None
            self._asked = self.inbox.put(folders=tuple(self._folders))

    def _hand_over(self, path: str) -> None:
        buffer = self.buffers[path]
        self._asked = self.inbox.put(overlays={path: Overlay(buffer.version, buffer.text)})

    # -- views

    def receive(self, analysed: Analysed) -> None:
        """Swap in a new view and publish what it changed."""
        self.view = analysed.view
        self.publish(analysed.changed | analysed.edited | self._owed)
        still: list[tuple[int, asyncio.Future[None]]] = []
        for generation, waiter in self._waiting:
            if generation > self.view.generation:
                still.append((generation, waiter))
            elif not waiter.done():
                waiter.set_result(None)
        self._waiting = still

    async def settled(self, seconds: float) -> bool:
        """Wait until all that was asked is in the view; False where that takes longer."""
        if self.view.generation >= self._asked:
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._asked, waiter))
        try:
            await asyncio.wait_for(waiter, seconds)
        except asyncio.TimeoutError:
            return False
        return True

    async def ask(self, question: Callable[[Projects], Answer], seconds: float) -> Answer | None:
        """What the analysis thread answers; None where it is busy for longer."""
        answer: Future[Answer] = self.inbox.ask(question)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), seconds)
        except asyncio.TimeoutError:
            return None

    async def leave(self) -> None:
        """Leave in the cache what is known, for the next session; gives up where that takes long."""
        if self.view.is_complete:
            await self.ask(lambda projects: projects.keep(), _PARTING)

    def is_current(self, path: str) -> bool:
        """Whether the view speaks of the text that the document has now."""
        buffer = self.buffers.get(path)
        return buffer is None or self.view.versions.get(path) == buffer.version

    def converter(self) -> Converter:
        """Converts what stands in the view."""
        return Converter(self.client, self.view, self.uri_of)

    def uri_of(self, path: str) -> str:
        """The URI that the client uses for a file."""
        buffer = self.buffers.get(path)
        return buffer.uri if buffer is not None else uris.from_path(path)

    # -- publishing

    def publish(self, paths: Iterable[str]) -> None:
        """Bring the client's diagnostics of `paths` up to date."""
        converter = self.converter()
        owed: set[str] = set()
        for path in sorted(paths):
            buffer = self.buffers.get(path)
            if not self.is_current(path):
                owed.add(path)  # a newer text waits in the inbox: its view comes next
            elif self._is_shown(path):
                diagnostics = self._diagnostics(path, converter)
                if diagnostics != _NOTHING or buffer is not None or path in self._published:
                    self._send(path, buffer.version if buffer is not None else None, diagnostics)
            elif path in self._published:
                self._send(path, None, _NOTHING)
        self._owed = owed

    def _diagnostics(self, path: str, converter: Converter) -> str:
        """What the view says of a file, in JSON: few keystrokes change anything of it."""
        view = self.view
        findings, problems = view.findings.get(path, ()), view.problems.get(path, ())
        if not findings and not problems:
            return _NOTHING
        said = (findings, problems, self._uris)
        wide, before, text = self._written.get(path, (None, None, ""))
        if wide is not view.wide or before != said:
            diagnostics = [*map(converter.diagnostic, findings), *map(converter.trouble, problems)]
            text = self._in_json(diagnostics)
            if path in self.buffers:
                self._written[path] = (view.wide, said, text)
        return text

    def _is_shown(self, path: str) -> bool:
        is_shown_closed = self.settings.scope == "workspace" or path in self.view.problems
        return is_shown_closed or path in self.buffers

    def _send(self, path: str, version: int | None, diagnostics: str) -> None:
        if diagnostics != _NOTHING:
            self._published.add(path)
        elif path in self._published:
            self._published.discard(path)
        self._publish(self.uri_of(path), version, diagnostics)
