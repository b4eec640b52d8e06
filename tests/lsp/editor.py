"""An editor for tests: drives a real server and waits for what it says, never for time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

import unlag

SERVER = str(Path(unlag.__file__).parent.parent)
PATIENCE = 60.0
"""Seconds after which a wait has failed; reached by no test that passes."""

Value = TypeVar("Value")


class Editor:
    """One client with one server, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.published: list[types.PublishDiagnosticsParams] = []
        self.statuses: list[Any] = []
        self.progress: list[Any] = []
        self.registrations: list[types.Registration] = []
        self.refreshes = 0
        self.log: list[str] = []
        self.settings: dict[str, Any] = {}
        self.client = LanguageClient(converter_factory=default_converter)
        self._news = asyncio.Condition()
        self._versions: dict[str, int] = {}
        register_lsp_features(self.client, {**DEFAULT_CLIENT_FEATURES, **self._features()})

    # -- its life

    async def start(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """Start the server."""
        command = command or ("-m", "unlag", "server")
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([SERVER, os.environ.get("PYTHONPATH", "")]),
            **(environment or {}),
        }
        await self.client.start_io(sys.executable, *command, env=env, cwd=str(self.folder))
        forwarder = self.client._stderr_forwarder
        assert forwarder is not None
        forwarder.cancel()
        self.client._stderr_forwarder = asyncio.ensure_future(self._read_log())

    async def initialize(
        self,
        *,
        client: str = "visual-studio-code",
        encodings: list[str] | None = None,
        folders: list[Path] | None = None,
        options: dict[str, Any] | None = None,
        change: Callable[[types.ClientCapabilities], None] = lambda capabilities: None,
    ) -> types.InitializeResult:
        """Introduce the client."""
        capabilities = client_capabilities(client)
        assert capabilities.general is not None
        assert capabilities.workspace is not None
        capabilities.general.position_encodings = [
            types.PositionEncodingKind(item) for item in encodings or ["utf-16"]
        ]
        change(capabilities)
        opened = [self.folder] if folders is None else folders
        return await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                workspace_folders=[folder_of(path) for path in opened],
                initialization_options={"rulePages": "vscode", **(options or {})},
            )
        )

    async def stop(self) -> int:
        """Shut the server down as the protocol wants it; gives its exit code."""
        process = self.client._server
        assert process is not None
        if process.returncode is None and self.client.error is None:
            await asyncio.wait_for(self.client.shutdown_async(None), PATIENCE)
            self.client.exit(None)
        code = await asyncio.wait_for(process.wait(), PATIENCE)
        await self.client.stop()  # type: ignore[no-untyped-call]
        return code

    # -- documents

    def write(self, name: str, text: str) -> str:
        """Write a file to disk; gives its URI."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path.as_uri()

    def open(self, name: str, text: str | None = None) -> str:
        """Open a file, with another text than the disk's if given."""
        path = self.folder / name
        uri = path.as_uri()
        text = path.read_text(encoding="utf-8") if text is None else text
        self._versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text))
        )
        return uri

    def replace(self, uri: str, text: str) -> int:
        """Replace the whole text; gives the new version."""
        return self._change(uri, types.TextDocumentContentChangeWholeDocument(text))

    def edit(self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> int:
        """Replace a stretch, in the client's units; gives the new version."""
        change = types.TextDocumentContentChangePartial(
            types.Range(types.Position(*start), types.Position(*end)), text
        )
        return self._change(uri, change)

    def close(self, uri: str) -> None:
        """Close a document."""
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    def touch(self, kind: types.FileChangeType, *names: str) -> None:
        """Tell the server what happened to files on disk."""
        changes = [types.FileEvent((self.folder / name).as_uri(), kind) for name in names]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))

    # -- waiting

    async def until(self, look: Callable[[], Value | None]) -> Value:
        """What `look` gives once it gives something."""

        async def wait() -> Value:
            async with self._news:
                while not (seen := look()):
                    await self._news.wait()
                return seen

        try:
            return await asyncio.wait_for(wait(), PATIENCE)
        except asyncio.TimeoutError as error:
            said = f"published {self.published}; log {self.log}"
            raise AssertionError(f"waited in vain: {said}") from error

    async def diagnostics(self, uri: str, version: int | None) -> list[types.Diagnostic]:
        """The diagnostics published for that version of a document; None: for the disk's text."""
        found = await self.until(
            lambda: next(
                (item for item in self.published if item.uri == uri and item.version == version),
                None,
            )
        )
        self.published.remove(found)
        return list(found.diagnostics)

    async def ready(self) -> None:
        """Wait until the workspace is indexed."""
        await self.until(lambda: any(item.state == "ready" for item in self.statuses))

    async def _notice(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _change(self, uri: str, change: types.TextDocumentContentChangeEvent) -> int:
        version = self._versions[uri] = self._versions[uri] + 1
        identifier = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(identifier, [change])
        )
        return version

    # -- what the server says

    async def _read_log(self) -> None:
        process = self.client._server
        assert process is not None
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self.log.append(line.decode().rstrip("\n"))
            await self._notice()

    def _features(self) -> dict[str, Any]:
        def keeps(kept: list[Any], get: Callable[[Any], list[Any]]) -> Any:
            async def keep(params: Any) -> None:
                kept.extend(get(params))
                await self._notice()

            return keep

        async def refresh(params: None) -> None:
            self.refreshes += 1
            await self._notice()

        async def configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.settings for _ in params.items]

        return {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: keeps(self.published, lambda params: [params]),
            types.CLIENT_REGISTER_CAPABILITY: keeps(
                self.registrations, lambda params: params.registrations
            ),
            types.PROGRESS: keeps(self.progress, lambda params: [params.value]),
            "unlag/status": keeps(self.statuses, lambda params: [params]),
            types.WORKSPACE_CODE_LENS_REFRESH: refresh,
            types.WORKSPACE_CONFIGURATION: configuration,
        }


def folder_of(path: Path) -> types.WorkspaceFolder:
    """A workspace folder."""
    return types.WorkspaceFolder(path.as_uri(), path.name)


@contextlib.asynccontextmanager
async def editing(
    folder: Path, files: Mapping[str, str], **introduction: Any
) -> AsyncIterator[Editor]:
    """An editor in a folder with `files`, introduced; the server must end well."""
    editor = Editor(folder)
    for name, text in files.items():
        editor.write(name, text)
    await editor.start()
    await editor.initialize(**introduction)
    yield editor
    code = await editor.stop()
    assert code == 0, editor.log
    faults = [line for line in editor.log if " error: " in line or "Traceback" in line]
    assert not faults, faults
