import asyncio
import contextlib
from typing import Any

import httpx
from fastapi import APIRouter, BackgroundTasks, Depends, WebSocket, WebSocketDisconnect
from sqlalchemy.orm import Session

from shop.database import get_session
from shop.dependencies import CurrentUser, SessionDep, SettingsDep
from shop.services.audit import audit_log
from shop.services.notifications import Notifier, hub
from shop.services.offload import run_blocking
from shop.settings import Settings

router = APIRouter(prefix="/notifications", tags=["notifications"])


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    await hub.join(socket)
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            event = await hub.next_event()
            await socket.send_json(event)
    hub.leave(socket)


@router.websocket("/outbox")
async def outbox(socket: WebSocket) -> None:
    await hub.join(socket)
    event = hub.next_from_outbox()
    await socket.send_json(event)
    hub.leave(socket)
    await socket.close()


@router.websocket("/audit")
async def follow_audit(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while await socket.receive_text() == "next":
            await socket.send_json(audit_log.tail(5))


@router.websocket("/audit-in-thread")
async def follow_audit_in_thread(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while await socket.receive_text() == "next":
            await socket.send_json(await run_blocking(audit_log.tail, 5))


@router.get("/waiting")
async def waiting() -> list[dict[str, Any]]:
    return hub.waiting()


@router.post("/publish", status_code=202)
async def publish(event: dict[str, Any]) -> dict[str, int]:
    hub.publish(event)
    return {"listeners": len(hub.sockets)}


@router.post("/tell/{channel}", status_code=202)
async def tell(channel: str, user: CurrentUser, text: str) -> dict[str, str]:
    Notifier.tell(channel, user.email, text)
    return {"status": "told"}


@router.post("/tell-later/{channel}", status_code=202)
async def tell_later(
    channel: str, user: CurrentUser, text: str, tasks: BackgroundTasks
) -> dict[str, str]:
    tasks.add_task(Notifier.tell, channel, user.email, text)
    return {"status": "queued"}


@router.post("/remember", status_code=202)
async def remember(user: CurrentUser, text: str) -> dict[str, str]:
    Notifier.remember(user.email, text)
    return {"status": "remembered"}


@router.post("/hook", status_code=202)
async def hook(url: str, text: str) -> dict[str, str]:
    async with httpx.AsyncClient(timeout=2) as client:
        with contextlib.suppress(httpx.HTTPError):
            await client.post(url, json={"text": text})
    return {"status": "posted"}


@router.get("/sender")
async def sender() -> dict[str, str]:
    return {"sender": Settings().mail_from}


@router.get("/sender-cached")
async def sender_cached(settings: SettingsDep) -> dict[str, str]:
    return {"sender": settings.mail_from}


@router.post("/digest", status_code=202)
def digest(user: CurrentUser, session: SessionDep, tasks: BackgroundTasks) -> dict[str, int]:
    session.refresh(session.merge(user), ["orders"])
    tasks.add_task(Notifier.tell, "mail", user.email, "Your week at the shop")
    return {"queued": 1}


@router.post("/digest-early", status_code=202)
def digest_early(
    user: CurrentUser,
    tasks: BackgroundTasks,
    session: Session = Depends(get_session, scope="function"),
) -> dict[str, int]:
    session.refresh(session.merge(user), ["addresses"])
    tasks.add_task(Notifier.tell, "mail", user.email, "Your month at the shop")
    return {"queued": 1}


@router.get("/ping")
def ping() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/pong")
async def pong() -> dict[str, str]:
    await asyncio.sleep(0)
    return {"status": "ok"}
