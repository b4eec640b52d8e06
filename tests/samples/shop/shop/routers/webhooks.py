import asyncio
import functools
import json
import subprocess
import threading
import urllib.request
from typing import Any

from fastapi import APIRouter, Header, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import select

from shop.clients.mailer import send_mail
from shop.database import AsyncSessionLocal
from shop.dependencies import AsyncSessionDep, HttpDep, OrderServiceDep
from shop.models import Order, OrderStatus
from shop.schemas.sales import PaymentEvent
from shop.security import signature_of
from shop.services.delivery import (
    broadcast_from_anywhere,
    deliver,
    deliver_with_signature,
    is_subscribed,
    keep,
    note,
    pool,
    ready,
)
from shop.services.notifications import hub

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


class Subscription(BaseModel):
    url: str
    event: dict[str, Any] = {}


@router.post("/payments", status_code=202)
async def payment_event(request: Request, session: AsyncSessionDep) -> dict[str, str]:
    event = PaymentEvent(**json.loads(await request.body()))
    order = await session.scalar(select(Order).where(Order.reference == event.reference))
    if order is not None and event.state == "settled":
        order.status = OrderStatus.PAID
        await session.commit()
    return {"status": "noted"}


@router.post("/payments/signed", status_code=202)
async def signed_payment_event(
    request: Request, x_signature: str = Header("")
) -> dict[str, str]:
    body = await request.body()
    if signature_of(body) != x_signature:
        raise HTTPException(403, "Wrong signature.")
    event = PaymentEvent.model_validate_json(body)
    return {"status": event.state}


@router.post("/deliver")
async def deliver_now(subscription: Subscription) -> dict[str, bool]:
    return {"delivered": deliver(subscription.url, subscription.event)}


@router.post("/deliver-in-executor")
async def deliver_in_executor(subscription: Subscription) -> dict[str, bool]:
    loop = asyncio.get_running_loop()
    done = await loop.run_in_executor(pool, deliver, subscription.url, subscription.event)
    return {"delivered": done}


@router.post("/deliver-in-thread")
def deliver_in_thread(subscription: Subscription) -> dict[str, bool]:
    return {"delivered": deliver(subscription.url, subscription.event)}


@router.post("/deliver-signed")
async def deliver_signed(subscription: Subscription) -> dict[str, bool]:
    signature = signature_of(subscription.url.encode())
    send = functools.partial(deliver_with_signature, subscription.url, subscription.event)
    return {"delivered": send(signature)}


@router.post("/deliver-signed-later")
async def deliver_signed_later(subscription: Subscription) -> dict[str, bool]:
    signature = signature_of(subscription.url.encode())
    post = functools.partial(deliver_with_signature, subscription.url, subscription.event)
    return {"delivered": await asyncio.to_thread(post, signature)}


@router.post("/deliver-pooled")
async def deliver_pooled(subscription: Subscription) -> dict[str, bool]:
    future = pool.submit(deliver, subscription.url, subscription.event)
    return {"delivered": future.result()}


@router.post("/deliver-wrapped")
async def deliver_wrapped(subscription: Subscription) -> dict[str, bool]:
    promise = pool.submit(deliver, subscription.url, subscription.event)
    return {"delivered": await asyncio.wrap_future(promise)}


@router.post("/deliver-joined")
async def deliver_joined(subscription: Subscription) -> dict[str, str]:
    worker = threading.Thread(target=deliver, args=(subscription.url, subscription.event))
    worker.start()
    worker.join()
    return {"status": "tried"}


@router.post("/deliver-detached")
async def deliver_detached(subscription: Subscription) -> dict[str, str]:
    helper = threading.Thread(target=deliver, args=(subscription.url, subscription.event))
    helper.start()
    return {"status": "under way"}


@router.get("/ready")
async def wait_until_ready() -> dict[str, bool]:
    return {"ready": ready.wait(timeout=1)}


@router.get("/is-ready")
async def is_ready() -> dict[str, bool]:
    return {"ready": ready.is_set()}


@router.post("/broadcast")
async def broadcast(event: dict[str, Any]) -> dict[str, str]:
    broadcast_from_anywhere(event)
    return {"status": "sent"}


@router.post("/broadcast-in-thread")
def broadcast_in_thread(event: dict[str, Any]) -> dict[str, str]:
    broadcast_from_anywhere(event)
    return {"status": "sent"}


@router.post("/broadcast-here")
async def broadcast_here(event: dict[str, Any]) -> dict[str, str]:
    asyncio.run(hub.broadcast(event))
    return {"status": "sent"}


@router.post("/broadcast-awaited")
async def broadcast_awaited(event: dict[str, Any]) -> dict[str, str]:
    await hub.broadcast(event)
    return {"status": "sent"}


@router.post("/notes")
async def add_note(event: dict[str, Any]) -> dict[str, str]:
    note(event)
    return {"status": "noted"}


@router.post("/notes/awaited")
async def add_note_awaited(event: dict[str, Any]) -> dict[str, str]:
    await note(event)
    return {"status": "noted"}


@router.post("/notes/later")
async def add_note_later(event: dict[str, Any]) -> dict[str, str]:
    asyncio.create_task(note(event))
    return {"status": "queued"}


@router.post("/notes/kept")
async def add_note_kept(event: dict[str, Any]) -> dict[str, str]:
    task = asyncio.create_task(note(event))
    keep(task)
    return {"status": "queued"}


@router.post("/subscribe")
async def subscribe(subscription: Subscription) -> dict[str, bool]:
    if is_subscribed(subscription.url):
        return {"subscribed": True}
    return {"subscribed": False}


@router.post("/subscribe-awaited")
async def subscribe_awaited(subscription: Subscription) -> dict[str, bool]:
    if await is_subscribed(subscription.url):
        return {"subscribed": True}
    return {"subscribed": False}


@router.get("/orders/open")
async def open_orders() -> list[str]:
    async with AsyncSessionLocal() as session:
        rows = session.scalars(select(Order).where(Order.status == OrderStatus.NEW).limit(50))
        return [order.reference for order in (await rows).all()]


@router.get("/orders/paid")
async def paid_orders() -> list[str]:
    async with AsyncSessionLocal() as session:
        orders = await session.scalars(select(Order).order_by(Order.id).limit(50)).all()
        return [order.reference for order in orders if order.receipt_id]


@router.post("/fetch-logo")
async def fetch_logo(subscription: Subscription) -> dict[str, int]:
    fetch = functools.partial(urllib.request.urlopen, timeout=1)
    try:
        return {"bytes": len(fetch(subscription.url + "/logo.png").read())}
    except (OSError, ValueError):
        return {"bytes": 0}


@router.get("/dns/{host}")
async def resolve(host: str) -> dict[str, str]:
    answer = subprocess.run(["getent", "hosts", host], capture_output=True, text=True)
    return {"answer": answer.stdout.strip()}


@router.get("/dns-async/{host}")
async def resolve_async(host: str) -> dict[str, str]:
    process = await asyncio.create_subprocess_exec(
        "getent", "hosts", host, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return {"answer": output.decode().strip()}


@router.post("/tell-partner")
async def tell_partner(subscription: Subscription, http: HttpDep) -> dict[str, str]:
    session = http
    try:
        await session.post(subscription.url, json=subscription.event)
    except Exception:
        return {"status": "failed"}
    return {"status": "told"}


@router.post("/parcels/{reference}", status_code=202)
def parcel_sent(reference: str, service: OrderServiceDep) -> dict[str, str]:
    order = service.find(reference)
    if order is None:
        raise LookupError(reference)
    send_mail("shipping@corner-shop.example", "Parcel sent", order.reference)
    return {"status": "mailed"}
