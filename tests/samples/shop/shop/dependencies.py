"""What endpoints ask for."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import Depends, Header, HTTPException, Query, Request, Security
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from shop.clients.shipping import ShippingClient
from shop.clients.storage import Storage, get_storage
from shop.database import get_async_session, get_session
from shop.models import User
from shop.repositories.orders import OrderRepository
from shop.repositories.products import ProductRepository, ReviewRepository
from shop.repositories.users import UserRepository
from shop.security import read_token
from shop.services.orders import OrderService
from shop.settings import Settings, get_settings

SettingsDep = Annotated[Settings, Depends(get_settings)]
SessionDep = Annotated[Session, Depends(get_session)]
AsyncSessionDep = Annotated[AsyncSession, Depends(get_async_session)]
StorageDep = Annotated[Storage, Depends(get_storage)]

bearer = OAuth2PasswordBearer(tokenUrl="/users/login", auto_error=False)
TokenDep = Annotated[str | None, Security(bearer)]


def get_users(session: SessionDep) -> UserRepository:
    return UserRepository(session)


def get_products(session: SessionDep) -> ProductRepository:
    return ProductRepository(session)


def get_reviews(session: SessionDep) -> ReviewRepository:
    return ReviewRepository(session)


def get_orders(session: SessionDep) -> OrderRepository:
    return OrderRepository(session)


def get_order_service(session: SessionDep) -> OrderService:
    return OrderService(session)


UsersDep = Annotated[UserRepository, Depends(get_users)]
ProductsDep = Annotated[ProductRepository, Depends(get_products)]
ReviewsDep = Annotated[ReviewRepository, Depends(get_reviews)]
OrdersDep = Annotated[OrderRepository, Depends(get_orders)]
OrderServiceDep = Annotated[OrderService, Depends(get_order_service)]


async def get_current_user(token: TokenDep, users: UsersDep) -> User:
    email = read_token(token) if token else None
    user = users.by_email(email) if email else None
    if user is None:
        raise HTTPException(401, "Sign in first.")
    return user


def get_optional_user(token: TokenDep, users: UsersDep) -> User | None:
    email = read_token(token) if token else None
    return users.by_email(email) if email else None


CurrentUser = Annotated[User, Depends(get_current_user)]
OptionalUser = Annotated[User | None, Depends(get_optional_user)]


async def require_admin(user: CurrentUser) -> User:
    if not user.is_admin:
        raise HTTPException(403, "For shopkeepers only.")
    return user


AdminUser = Annotated[User, Depends(require_admin)]


class Page:
    def __init__(
        self,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> None:
        self.offset = offset
        self.limit = limit


PageDep = Annotated[Page, Depends()]


class RateLimit:
    """At most so many requests a second from one address; slows the rest down."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self.seen: dict[str, list[float]] = {}

    async def __call__(self, request: Request) -> None:
        address = request.client.host if request.client else ""
        moment = time.monotonic()
        recent = [at for at in self.seen.get(address, []) if moment - at < 1]
        self.seen[address] = [*recent, moment]
        if len(recent) >= self.per_second:
            self.slow_down(len(recent) - self.per_second)

    def slow_down(self, excess: int) -> None:
        time.sleep(min(0.05 * (excess + 1), 1.0))


class Quota:
    """At most so many requests in all from one address."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.used: dict[str, int] = {}

    async def __call__(self, request: Request) -> None:
        address = request.client.host if request.client else ""
        self.used[address] = self.used.get(address, 0) + 1
        if self.used[address] > self.total:
            raise HTTPException(429, "That was enough for one day.")


async def require_partner(
    settings: SettingsDep, partner_key: Annotated[str, Header()] = ""
) -> str:
    allowed = partner_keys_file(settings).read_text().split()
    if partner_key not in allowed:
        raise HTTPException(403, "Unknown partner.")
    return partner_key


def partner_keys_file(settings: Settings) -> Path:
    return settings.data_folder / "partners.txt"


def remember_visit(request: HTTPConnection, settings: SettingsDep) -> None:
    with (settings.data_folder / "visits.log").open("a") as visits:
        visits.write(f"{request.url.path}\n")


async def get_http(request: Request) -> httpx.AsyncClient:
    return request.app.state.http


HttpDep = Annotated[httpx.AsyncClient, Depends(get_http)]


async def get_shipping(http: HttpDep, settings: SettingsDep) -> ShippingClient:
    return ShippingClient(http, settings.shipping_url)


ShippingDep = Annotated[ShippingClient, Depends(get_shipping)]


async def get_scratch_file(settings: SettingsDep) -> AsyncIterator[Path]:
    scratch = settings.data_folder / f"scratch-{time.monotonic_ns()}"
    yield scratch
    scratch.unlink(missing_ok=True)


ScratchDep = Annotated[Path, Depends(get_scratch_file)]


def get_spool_file(settings: SettingsDep) -> Iterator[Path]:
    spool = settings.data_folder / f"spool-{time.monotonic_ns()}"
    spool.touch()
    yield spool
    spool.unlink(missing_ok=True)


SpoolDep = Annotated[Path, Depends(get_spool_file)]
