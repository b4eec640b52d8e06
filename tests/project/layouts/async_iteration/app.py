import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI

app = FastAPI()


class Page:
    def text(self):
        return requests.get("https://page.example").text


class Pages:
    def __aiter__(self):
        return self

    async def __anext__(self) -> Page:
        time.sleep(0.1)  # blocks: time.sleep
        return Page()


class Rows:
    def __iter__(self):
        for number in range(3):
            time.sleep(0.1)
            yield number


async def stream():
    yield Page()


class Lock(ABC):
    @abstractmethod
    @asynccontextmanager
    async def held(self, name):
        del name
        yield None


class FileLock(Lock):
    @asynccontextmanager
    async def held(self, name):
        time.sleep(0.1)  # blocks: time.sleep
        yield Page()


def get_lock() -> Lock:
    return FileLock()


async def load(page: Page):
    return page.text()  # blocks: requests.get


@app.get("/pages")
async def pages():
    async for page in Pages():
        page.text()  # blocks: requests.get


@app.get("/stream")
async def read_stream():
    return [page.text() async for page in stream()]  # blocks: requests.get


@app.get("/rows")
async def rows():
    for row in Rows():  # blocks: time.sleep
        return row


@app.get("/held")
async def read_held():
    async with get_lock().held("a"):
        return await asyncio.gather(*(load(page) for page in [Page(), Page()]))


@app.get("/gathered")
async def gathered():
    first, second = await asyncio.gather(make(), make())
    return first.text(), second.text()  # blocks: requests.get, requests.get


async def make() -> Page:
    return Page()
