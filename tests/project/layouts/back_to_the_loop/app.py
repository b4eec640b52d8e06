import asyncio
import time

import anyio
import anyio.from_thread
import requests
from asgiref.sync import async_to_sync
from fastapi import FastAPI

app = FastAPI()


async def announce():
    time.sleep(0.1)  # blocks: time.sleep


async def own_loop():
    time.sleep(0.1)


async def scheduled():
    time.sleep(0.1)  # blocks: time.sleep


def work():
    requests.get("https://a.example")
    anyio.from_thread.run(announce)


def work_in_own_loop():
    return asyncio.run(own_loop())


@app.get("/work")
def read_work():
    work()
    return work_in_own_loop()


@app.get("/schedule")
async def schedule():
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(scheduled(), loop))
