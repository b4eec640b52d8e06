"""Reservations: stock that somebody is about to buy."""

from __future__ import annotations

import asyncio
import threading

import httpx

from shop.settings import get_settings


class Reservations:
    def __init__(self) -> None:
        self.stock_lock = threading.Lock()
        self.table_lock = threading.Lock()
        self.gate = asyncio.Lock()
        self.held: dict[int, int] = {}

    async def reserve(self, http: httpx.AsyncClient, product_id: int, quantity: int) -> int:
        with self.stock_lock:
            available = await stock_level(http, product_id)
            self.held[product_id] = self.held.get(product_id, 0) + min(quantity, available)
        return self.held[product_id]

    async def release(self, http: httpx.AsyncClient, product_id: int, quantity: int) -> int:
        async with self.gate:
            available = await stock_level(http, product_id)
            left = max(self.held.get(product_id, 0) - quantity, 0)
            self.held[product_id] = min(left, available)
        return self.held[product_id]

    async def held_for(self, product_id: int) -> int:
        with self.table_lock:
            return self.held.get(product_id, 0)


async def stock_level(http: httpx.AsyncClient, product_id: int) -> int:
    try:
        response = await http.get(f"{get_settings().stock_url}/{product_id}", timeout=1)
        return int(response.json()["stock"])
    except httpx.HTTPError:
        return 10


reservations = Reservations()
