import asyncio

import aiohttp
import httpx
import redis.asyncio as redis
from fastapi import Depends, FastAPI
from queue_like import requests as pending
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()
cache = redis.Redis()


async def get_session() -> AsyncSession: ...


class time:
    @staticmethod
    def sleep(seconds):
        return seconds


@app.get("/redis")
async def read_redis():
    return await cache.get("key")


@app.get("/requests")
async def read_requests(requests: list[str]):
    for request in requests:
        request.strip()
    pending.get("a")
    return requests.count("a")


@app.get("/session")
async def read_session(session: AsyncSession = Depends(get_session)):
    return (await session.execute("select 1")).scalars().all()


@app.get("/aiohttp")
async def read_aiohttp():
    async with aiohttp.ClientSession() as session, session.get("https://a.example") as response:
        return await response.json()


@app.get("/httpx")
async def read_httpx():
    async with httpx.AsyncClient() as requests:
        return (await requests.get("https://a.example")).json()


@app.get("/time")
async def read_time():
    time.sleep(1)
    await asyncio.sleep(1)


@app.get("/open")
async def read_open(open=str):
    return open("file")
