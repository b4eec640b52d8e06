"""Runs an application in-process and says what it answered: every ASGI message, whatever goes wrong.

Used to compare a program with what a fix made of it. Knows no fix.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

Scope = dict[str, Any]
Message = dict[str, Any]
Application = Callable[..., Awaitable[None]]
_NUMBERS = re.compile(rb"\d+\.\d+(e-\d+)?")


class Request(msgspec.Struct, frozen=True):
    """One request, or a websocket that is opened, greeted and left."""

    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    websocket: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What came of a request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    messages: tuple[str, ...]
    """The types of all messages, in order."""
    error: str
    """Type and text of the exception that reached the server, or empty."""


def answers(application: Application, requests: Iterable[Request]) -> list[Answer]:
    """What the application says to each request, one after the other in one event loop."""

    async def ask_all() -> list[Answer]:
        async with running(application):
            return [await ask(application, request) for request in requests]

    return asyncio.run(ask_all())


@asynccontextmanager
async def running(application: Application) -> AsyncIterator[None]:
    """The application between its start-up and its shutdown."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    started = asyncio.Event()
    said: list[str] = []

    async def send(message: Message) -> None:
        said.append(message["type"])
        started.set()

    incoming.put_nowait({"type": "lifespan.startup"})
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    task = asyncio.ensure_future(application(scope, incoming.get, send))
    await started.wait()
    yield
    incoming.put_nowait({"type": "lifespan.shutdown"})
    await task
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def ask(application: Application, request: Request) -> Answer:
    """What the application says to one request; times in headers are taken out."""
    sent: list[Message] = []
    waiting = _incoming(request)

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(dict(message))

    error = ""
    try:
        await application(scope_of(request), receive, send)
    except Exception as raised:  # what the server would log is part of the answer
        error = f"{type(raised).__name__}: {raised}"
    return _answer(sent, error)


def scope_of(request: Request) -> Scope:
    """The ASGI scope of a request."""
    path, _, query = request.path.partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
    scope: Scope = {
        "type": "websocket" if request.websocket else "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws" if request.websocket else "http",
        "method": request.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"shop.example"), *headers],
        "client": ("127.0.0.1", 4711),
        "server": ("shop.example", 80),
    }
    return {**scope, "subprotocols": []} if request.websocket else scope


def _incoming(request: Request) -> list[Message]:
    if request.websocket:
        return [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": "hello"},
            {"type": "websocket.disconnect", "code": 1000},
        ]
    return [{"type": "http.request", "body": request.body, "more_body": False}]


def _answer(sent: list[Message], error: str) -> Answer:
    start = next((one for one in sent if one["type"] == "http.response.start"), {})
    headers = sorted(
        (name.decode(), _NUMBERS.sub(b"0.0", value).decode())
        for name, value in start.get("headers", ())
    )
    chunks = [one.get("body", b"") for one in sent if one["type"] == "http.response.body"]
    texts = [one["text"].encode() for one in sent if one["type"] == "websocket.send"]
    return Answer(
        start.get("status", 0),
        tuple(headers),
        tuple(chunk for chunk in (*chunks, *texts) if chunk),
        tuple(one["type"] for one in sent if one.get("body") != b""),
        error,
    )
