"""The application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from shop import __version__
from shop.background import start_periodic_tasks
from shop.database import async_engine, engine
from shop.dependencies import remember_visit, require_partner
from shop.errors import add_error_handlers
from shop.middleware import MaintenanceMiddleware, RequestIdMiddleware, TimingMiddleware
from shop.partners import partner_api
from shop.routers import (
    cart,
    notifications,
    orders,
    products,
    reports,
    search,
    storefront,
    uploads,
    users,
    webhooks,
)
from shop.routers.admin import build_admin_router
from shop.seed import seed_when_empty
from shop.settings import Settings, get_settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    settings.media_folder.mkdir(parents=True, exist_ok=True)
    settings.export_folder.mkdir(parents=True, exist_ok=True)
    (settings.data_folder / "partners.txt").write_text("demo-partner\n")
    (settings.media_folder / "MANIFEST").write_text(f"corner-shop {__version__}\n")
    if seed_when_empty():
        log.info("filled an empty shop in %s", settings.database_path)
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
    app.include_router(users.router)
    app.include_router(products.router)
    app.include_router(cart.router)
    app.include_router(orders.router)
    app.include_router(search.router)
    app.include_router(uploads.router)
    app.include_router(reports.router, prefix="/reports", dependencies=[Depends(require_partner)])
    app.include_router(webhooks.router)
    app.include_router(notifications.router)
    app.include_router(storefront.router)
    app.include_router(build_admin_router(settings), prefix="/admin")
    app.mount("/partners", partner_api)
    app.mount("/media", StaticFiles(directory=settings.media_folder, check_dir=False))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    return app


app = create_app()
