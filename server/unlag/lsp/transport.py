"""Bytes in and out: standard input and output, or one connection on the loopback interface.

A thread reads standard input, so that a client's messages are taken in whatever the loop is doing.
Ends the process soon after the client has gone, however it went.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from unlag.lsp.log import logger

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LARGEST = 1 << 30
_BETWEEN_LOOKS = 2.0

Receive = Callable[[bytes], None]


class Frames:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._wanted = -1

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are complete once `data` has come."""
        self._data += data
        while True:
            if self._wanted < 0 and not self._read_header():
                return
            if len(self._data) < self._wanted:
                return
            body = bytes(self._data[: self._wanted])
            del self._data[: self._wanted]
            self._wanted = -1
            yield body

    def _read_header(self) -> bool:
        """Whether a header that names a length was there; others are passed over."""
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            header = bytes(self._data[:end])
            del self._data[: end + 4]
            length = _length(header)
            if length is not None:
                self._wanted = length
                return True
            logger.warning("A message came without a readable Content-Length and is passed over.")
        return False


def _length(header: bytes) -> int | None:
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
            return length if length <= _LARGEST else None
    return None


class Output:
    """Writes messages to a file descriptor, whole or not at all."""

    def __init__(self, stream: BinaryIO, on_loss: Callable[[], None]) -> None:
        self._stream = stream
        self._on_loss = on_loss

    def write(self, data: bytes) -> None:
        """Send `data`; a client that has gone ends the session."""
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):
            self._on_loss()

    def close(self) -> None:
        """Nothing: the descriptor closes with the process."""


def own_stdout() -> BinaryIO:
    """Standard output for the protocol alone; whatever else prints goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stream


def read_stdin(
    loop: asyncio.AbstractEventLoop, receive: Receive, on_end: Callable[[], None]
) -> None:
    """Start the thread that reads standard input to its end."""

    def read() -> None:
        frames = Frames()
        while data := _read_some():
            for body in frames.feed(data):
                loop.call_soon_threadsafe(receive, body)
        loop.call_soon_threadsafe(on_end)

    threading.Thread(target=read, name="input", daemon=True).start()


def _read_some() -> bytes:
    try:
        return os.read(0, 1 << 16)
    except OSError:
        return b""


async def serve_once(
    host: str, port: int, receive: Receive, connect: Callable[[asyncio.StreamWriter], None]
) -> None:
    """Accept one connection and read it to its end."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.close()
        connect(writer)
        frames = Frames()
        while data := await reader.read(1 << 16):
            for body in frames.feed(data):
                receive(body)
        ended.set()

    server = await asyncio.start_server(serve, host, port)
    address = server.sockets[0].getsockname()
    logger.info("Listening on %s:%s.", address[0], address[1])
    await ended.wait()


def watch_process(number: int, on_end: Callable[[], None]) -> None:
    """Call `on_end` soon after the process `number` has gone.

    One that is not there at all belongs to another machine or container, and says nothing.
    """
    if not _is_alive(number):
        return

    def watch() -> None:
        while _is_alive(number):
            time.sleep(_BETWEEN_LOOKS)
        on_end()

    threading.Thread(target=watch, name="client", daemon=True).start()


def _is_alive(number: int) -> bool:
    if os.name == "nt":
        return _is_alive_on_windows(number)
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there and belongs to somebody else
    return True


def _is_alive_on_windows(number: int) -> bool:
    import ctypes  # os.kill would end the process there

    synchronize, timed_out = 0x00100000, 0x102
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(synchronize, False, number)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)
    finally:
        kernel.CloseHandle(handle)
