"""Visitors' last seen products: in Redis where there is one, in memory otherwise."""

from __future__ import annotations

import redis.asyncio as redis


class LastSeen:
    def __init__(self, url: str = "") -> None:
        self.client = redis.Redis.from_url(url) if url else None
        self.memory: dict[str, str] = {}

    async def get(self, visitor: str) -> str:
        if self.client is None:
            return self.memory.get(visitor, "")
        return (await self.client.get(visitor) or b"").decode()

    async def put(self, visitor: str, slug: str) -> None:
        if self.client is None:
            self.memory[visitor] = slug
        else:
            await self.client.set(visitor, slug, ex=3600)


last_seen = LastSeen()
