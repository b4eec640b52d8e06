"""The application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from shop import __version__
from shop.background import start_periodic_tasks
from shop.database import async_engine, engine
from shop.dependencies import remember_visit
from shop.errors import add_error_handlers
from shop.middleware import MaintenanceMiddleware, RequestIdMiddleware, TimingMiddleware
from shop.routers import cart, orders, products, search, users
from shop.seed import seed_when_empty
from shop.settings import Settings, get_settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    settings.media_folder.mkdir(parents=True, exist_ok=True)
    if seed_when_empty():
        log.info("filled an empty shop in %s", settings.database_path)
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.thread_tokens
    tasks = start_periodic_tasks()
    async with httpx.AsyncClient(timeout=3) as http:
        app.state.http = http
        yield
    for task in tasks:
        task.cancel()
    await async_engine.dispose()
    engine.dispose()


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or get_settings()
    app = FastAPI(
        title=settings.title,
        version=__version__,
        debug=settings.debug,
        lifespan=lifespan,
        dependencies=[Depends(remember_visit)],
    )
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(TimingMiddleware)
    app.add_middleware(MaintenanceMiddleware, settings=settings)
    app.add_middleware(RequestIdMiddleware)
    add_error_handlers(app)
    for module in (users, products, cart, orders, search):
        app.include_router(module.router)
    app.mount("/media", StaticFiles(directory=settings.media_folder, check_dir=False))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    return app


app = create_app()
