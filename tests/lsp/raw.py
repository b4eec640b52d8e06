"""Speaks to a server byte by byte, for what no well-behaved client would send."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from .editor import PATIENCE, SERVER

Message = dict[str, Any]


class Raw:
    """A server process and its pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._writer: asyncio.StreamWriter = process.stdin
        self._reader: asyncio.StreamReader = process.stdout
        self._identity = 0

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak over a connection instead of the pipes."""
        self._reader, self._writer = reader, writer

    async def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def send(self, *messages: Message) -> None:
        """Send messages in one go."""
        await self.write(b"".join(framed(json.dumps(item).encode()) for item in messages))

    async def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        await self.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def request(self, method: str, params: object = None) -> Message:
        """Send a request and give its whole response."""
        self._identity += 1
        await self.send(
            {"jsonrpc": "2.0", "id": self._identity, "method": method, "params": params}
        )
        return await self.response(self._identity)

    async def response(self, identity: object) -> Message:
        """The response to a request; what else comes meanwhile is passed over."""
        while True:
            message = await self.read()
            if "method" not in message and message.get("id") == identity:
                return message

    async def notification(self, method: str) -> Message:
        """The parameters of the next notification of that kind."""
        while True:
            message = await self.read()
            if message.get("method") == method:
                return dict(message["params"])

    async def read(self) -> Message:
        """The next message."""
        header = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), PATIENCE)
        length = int(header.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        return dict(json.loads(await self._reader.readexactly(length)))

    async def initialize(self, folder: Path, **more: Any) -> Message:
        """The usual introduction."""
        answer = await self.request(
            "initialize",
            {
                "capabilities": {},
                "processId": None,
                "rootUri": None,
                "workspaceFolders": [{"uri": folder.as_uri(), "name": "it"}],
                **more,
            },
        )
        await self.notify("initialized", {})
        return answer

    async def open(self, uri: str, text: str, version: int = 1) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": "python", "version": version, "text": text}
        await self.notify("textDocument/didOpen", {"textDocument": item})

    async def ended(self) -> tuple[int, str]:
        """The exit code and the log, once the process has ended."""
        assert self.process.stderr is not None
        log = await asyncio.wait_for(self.process.stderr.read(), PATIENCE)
        return await asyncio.wait_for(self.process.wait(), PATIENCE), log.decode()

    async def leave(self) -> tuple[int, str]:
        """Shut down in good order; gives the exit code and the log."""
        answer = await self.request("shutdown")
        assert answer["result"] is None
        await self.notify("exit")
        return await self.ended()


def framed(body: bytes) -> bytes:
    """A message with its header."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@contextlib.asynccontextmanager
async def speaking(*command: str) -> AsyncIterator[Raw]:
    """A server that is certainly gone afterwards."""
    arguments = command or ("-m", "unlag", "server")
    path = os.pathsep.join([SERVER, os.environ.get("PYTHONPATH", "")])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        limit=1 << 22,
    )
    try:
        yield Raw(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
