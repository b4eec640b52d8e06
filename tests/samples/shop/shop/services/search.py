"""Finding products, and what else to show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Category, Product
from shop.services.inventory import stock_level

IN_FLIGHT = asyncio.Semaphore(8)


async def matching(session: AsyncSession, text: str, limit: int) -> Sequence[Product]:
    query = select(Product).where(Product.name.ilike(f"%{text}%")).limit(limit)
    return (await session.scalars(query)).all()


async def category_names(session: AsyncSession) -> Sequence[str]:
    return (await session.scalars(select(Category.name).order_by(Category.name))).all()


async def category_sizes(session: AsyncSession) -> dict[int, int]:
    query = select(Product.category_id, func.count()).group_by(Product.category_id)
    return {key: size for key, size in await session.execute(query)}


async def suggestions(http: httpx.AsyncClient, text: str) -> list[str]:
    try:
        response = await http.get("https://suggest.invalid", params={"q": text}, timeout=1)
        return list(response.json())
    except httpx.HTTPError:
        return []


async def trending(http: httpx.AsyncClient) -> list[str]:
    try:
        response = await http.get("https://trends.invalid/today", timeout=1)
        return list(response.json())
    except httpx.HTTPError:
        return []


async def stock_levels(http: httpx.AsyncClient, products: Sequence[Product]) -> list[int]:
    return await asyncio.gather(*(stock_level(http, product.id) for product in products))


async def stock_levels_politely(
    http: httpx.AsyncClient, products: Sequence[Product]
) -> list[int]:
    async def one(product: Product) -> int:
        async with IN_FLIGHT:
            return await stock_level(http, product.id)

    return await asyncio.gather(*(one(product) for product in products))
