"""The shopkeeper's pages: a router made to measure for the settings."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import create_engine, text

from shop.clients.storage import disk
from shop.database import SessionLocal
from shop.dependencies import UsersDep, require_admin
from shop.models import User
from shop.repositories.orders import OrderRepository
from shop.schemas.accounts import UserOut
from shop.settings import Settings


class AdminPages:
    """Pages registered by hand: bound methods of one object."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = os.getpid()

    async def revenue(self) -> dict[str, int]:
        with SessionLocal() as session:
            return {"cents": OrderRepository(session).revenue_cents()}

    async def revenue_in_thread(self) -> dict[str, int]:
        return {"cents": await run_in_threadpool(self.revenue_now)}

    def revenue_now(self) -> int:
        with SessionLocal() as session:
            return OrderRepository(session).revenue_cents()

    async def process(self) -> dict[str, Any]:
        return {"pid": self.started, "python": sys.version}


def disk_report(folder: Path) -> dict[str, int]:
    total, used, free = shutil.disk_usage(folder)
    return {"total": total, "used": used, "free": free}


def copy_database(source: Path, target: Path) -> str:
    shutil.copyfile(source, target)
    return target.name


def table_sizes(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("select name from sqlite_master")]
    connection.close()
    return {name: len(name) for name in names}


@lru_cache
def licence_text() -> str:
    return (Path(__file__).parent.parent / "templates" / "banner.txt").read_text()


def build_admin_router(settings: Settings) -> APIRouter:
    router = APIRouter(tags=["admin"], dependencies=[Depends(require_admin)])
    pages = AdminPages(settings)
    executor = ThreadPoolExecutor(max_workers=2)
    probe: Callable[[], dict[str, int]] = lambda: disk_report(settings.data_folder)  # noqa: E731

    @router.get("/disk")
    async def disk_space() -> dict[str, int]:
        return disk_report(settings.data_folder)

    @router.get("/disk-probe")
    async def disk_probe() -> dict[str, int]:
        usage = probe()
        return usage

    @router.get("/disk-in-thread")
    async def disk_in_thread() -> dict[str, int]:
        return await run_in_threadpool(probe)

    @router.get("/disk-sync")
    def disk_sync() -> dict[str, int]:
        return {"free": disk.free_bytes()}

    @router.post("/backup")
    async def backup() -> dict[str, str]:
        target = settings.database_path.with_suffix(".backup")
        return {"file": copy_database(settings.database_path, target)}

    @router.post("/backup-in-executor")
    async def backup_in_executor() -> dict[str, str]:
        loop = asyncio.get_running_loop()
        target = settings.database_path.with_suffix(".backup")
        job = loop.run_in_executor(executor, copy_database, settings.database_path, target)
        return {"file": await job}

    @router.get("/tables")
    async def tables() -> dict[str, int]:
        return table_sizes(settings.database_path)

    @router.get("/logs")
    async def logs() -> list[str]:
        paths = [str(path) async for path in anyio.Path(settings.data_folder).glob("*.log")]
        return sorted(paths, key=os.path.getmtime)

    @router.get("/logs-by-name")
    async def logs_by_name() -> list[str]:
        paths = [str(path) async for path in anyio.Path(settings.data_folder).glob("*.log")]
        return sorted(paths, key=os.path.basename, reverse=True)

    @router.get("/licence")
    async def licence() -> dict[str, str]:
        return {"text": licence_text()}

    @router.get("/threads")
    async def threads() -> dict[str, float]:
        limiter = anyio.to_thread.current_default_thread_limiter()
        return {"in use": limiter.borrowed_tokens, "all": limiter.total_tokens}

    @router.get("/customers/{user_id}", response_model=UserOut)
    def customer(user_id: int, users: UsersDep) -> User | None:
        return users.get(user_id)

    @router.get("/ping-database")
    def ping_database() -> dict[str, int]:
        engine = create_engine(settings.database_url)
        with engine.connect() as connection:
            return {"answer": connection.execute(text("select 1")).scalar_one()}

    router.add_api_route("/revenue", pages.revenue)
    router.add_api_route("/revenue-in-thread", pages.revenue_in_thread)
    router.add_api_route("/process", pages.process)
    return router
