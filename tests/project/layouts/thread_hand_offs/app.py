import asyncio
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import anyio
import anyio.to_thread
import requests
import starlette.concurrency
from asgiref.sync import sync_to_async
from asyncer import asyncify
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()
executor = ThreadPoolExecutor()
processes = ProcessPoolExecutor()


def fetch(url="https://a.example"):
    return requests.get(url)


def crunch():
    time.sleep(1)


class Client:
    def get(self, url):
        return requests.get(url)

    async def run(self):
        return await asyncio.to_thread(self.get, "https://b.example")


client = Client()


@sync_to_async
def decorated():
    return requests.get("https://c.example")


@sync_to_async(thread_sensitive=True)
def decorated_with_arguments():
    return requests.get("https://c.example")


@app.get("/to-thread")
async def to_thread():
    await asyncio.to_thread(fetch)
    await asyncio.to_thread(client.get, "https://a.example")
    await asyncio.to_thread(requests.get, "https://a.example")
    await asyncio.to_thread(lambda: fetch("https://a.example"))
    return await client.run()


@app.get("/threadpool")
async def threadpool():
    await run_in_threadpool(fetch, "https://a.example")
    await starlette.concurrency.run_in_threadpool(func=fetch)
    return await anyio.to_thread.run_sync(partial(fetch, url="x"))


@app.get("/executor")
async def in_executor():
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, fetch, "https://a.example")
    await loop.run_in_executor(executor, partial(client.get, "https://a.example"))
    await asyncio.get_event_loop().run_in_executor(processes, crunch)
    executor.submit(fetch)
    threading.Thread(target=fetch, args=("x",), daemon=True).start()


@app.get("/wrapped")
async def wrapped():
    await asyncify(fetch)("https://a.example")
    await sync_to_async(fetch)("https://a.example")
    load = sync_to_async(client.get, thread_sensitive=False)
    await load("https://a.example")
    await decorated()
    return await decorated_with_arguments()


@app.get("/nested")
async def nested():
    def work():
        time.sleep(1)
        return fetch()

    return await asyncio.gather(asyncio.to_thread(work), run_in_threadpool(work))


@app.get("/group")
async def group():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, fetch)
