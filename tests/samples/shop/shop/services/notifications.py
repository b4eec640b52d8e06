"""Telling people: websocket, mail, chat."""

from __future__ import annotations

import asyncio
import queue
from typing import Any, ClassVar

import requests
from fastapi import WebSocket

from shop.clients.mailer import send_mail


class Channel:
    def deliver(self, recipient: str, text: str) -> None:
        raise NotImplementedError


class MailChannel(Channel):
    def deliver(self, recipient: str, text: str) -> None:
        send_mail(recipient, "News from the shop", text)


class ChatChannel(Channel):
    hook = "https://chat.invalid/hook"

    def deliver(self, recipient: str, text: str) -> None:
        try:
            requests.post(self.hook, json={"to": recipient, "text": text}, timeout=2)
        except requests.RequestException:
            print("chat is down, dropped a message for", recipient)


class MemoryChannel(Channel):
    def __init__(self) -> None:
        self.sent: list[str] = []

    def deliver(self, recipient: str, text: str) -> None:
        self.sent.append(f"{recipient}: {text}")


class Notifier:
    channels: ClassVar[dict[str, Channel]] = {"mail": MailChannel(), "chat": ChatChannel()}
    memory: ClassVar[MemoryChannel] = MemoryChannel()

    @classmethod
    def tell(cls, channel: str, recipient: str, text: str) -> None:
        cls.channels[channel].deliver(recipient, text)

    @classmethod
    def remember(cls, recipient: str, text: str) -> None:
        cls.memory.deliver(recipient, text)


class Hub:
    """Open websockets and what waits to be sent to them."""

    def __init__(self) -> None:
        self.sockets: set[WebSocket] = set()
        self.outbox: queue.Queue[dict[str, Any]] = queue.Queue()
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def join(self, socket: WebSocket) -> None:
        await socket.accept()
        self.sockets.add(socket)

    def leave(self, socket: WebSocket) -> None:
        self.sockets.discard(socket)

    def publish(self, event: dict[str, Any]) -> None:
        self.outbox.put_nowait(event)
        self.events.put_nowait(event)

    async def next_event(self) -> dict[str, Any]:
        return await self.events.get()

    def next_from_outbox(self) -> dict[str, Any]:
        return self.outbox.get(timeout=5)

    def waiting(self) -> list[dict[str, Any]]:
        events = []
        while not self.outbox.empty():
            events.append(self.outbox.get_nowait())
        return events

    async def broadcast(self, event: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            await socket.send_json(event)


hub = Hub()
