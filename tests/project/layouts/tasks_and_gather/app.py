import asyncio
import time

import requests
from fastapi import FastAPI

app = FastAPI()


async def load(url):
    return requests.get(url)  # blocks: requests.get


async def report(text):
    time.sleep(0.1)  # blocks: time.sleep


async def nightly():
    time.sleep(0.1)  # blocks: time.sleep


async def grouped():
    time.sleep(0.1)  # blocks: time.sleep


async def awaited():
    time.sleep(0.1)  # blocks: time.sleep


def called_soon():
    time.sleep(0.1)


async def never_called():
    time.sleep(0.1)


@app.get("/gather")
async def gather(urls: list[str]):
    first = await asyncio.gather(*[load(url) for url in urls])
    second = await asyncio.wait_for(awaited(), 3)
    return first, second


@app.post("/task")
async def task():
    task = asyncio.create_task(report("x"))
    asyncio.get_running_loop().create_task(nightly())
    async with asyncio.TaskGroup() as group:
        group.create_task(grouped())
    await task


@app.post("/soon")
async def soon():
    asyncio.get_running_loop().call_soon(called_soon)  # blocks: time.sleep
    asyncio.get_running_loop().call_later(5, called_soon)  # blocks: time.sleep
