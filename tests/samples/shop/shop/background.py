"""Work that outlives the request, and work that never ends."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from fastapi.concurrency import run_in_threadpool

from shop.clients.exchange import exchange
from shop.clients.mailer import Mailer, send_mail
from shop.database import SessionLocal
from shop.media import watermark
from shop.repositories.orders import OrderRepository
from shop.services.notifications import hub
from shop.settings import get_settings

log = logging.getLogger(__name__)

running: set[asyncio.Task[None]] = set()


async def confirm_order(recipient: str, reference: str) -> None:
    if get_settings().send_mail:
        mailer = Mailer(get_settings())
        await run_in_threadpool(mailer.send, recipient, "Thank you", f"Your order {reference}")


def confirm_order_in_thread(recipient: str, reference: str) -> None:
    send_mail(recipient, "Thank you", f"Your order {reference} is on its way.")


async def announce(reference: str) -> None:
    await hub.broadcast({"kind": "order", "reference": reference})


async def mark_pictures(folder: Path) -> None:
    for path in await run_in_threadpool(list_pictures, folder):
        watermark(path)


async def mark_pictures_in_threads(folder: Path) -> None:
    for path in await run_in_threadpool(list_pictures, folder):
        await run_in_threadpool(watermark, path)


def list_pictures(folder: Path) -> list[Path]:
    return sorted(folder.glob("**/*.jpg")) if folder.is_dir() else []


async def refresh_rates_forever(minutes: int) -> None:
    while True:
        exchange.refresh()
        await asyncio.sleep(60 * minutes)


async def report_revenue_forever(minutes: int) -> None:
    while True:
        cents = await asyncio.to_thread(revenue)
        log.info("revenue so far: %.2f", cents / 100)
        await asyncio.sleep(60 * minutes)


def revenue() -> int:
    with SessionLocal() as session:
        return OrderRepository(session).revenue_cents()


def start_periodic_tasks() -> list[asyncio.Task[None]]:
    minutes = get_settings().refresh_rates_minutes
    if minutes <= 0:
        return []
    tasks = [
        asyncio.create_task(refresh_rates_forever(minutes)),
        asyncio.create_task(report_revenue_forever(minutes)),
    ]
    running.update(tasks)
    return tasks
