import asyncio
import time
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI


async def refresh_forever():
    while True:
        requests.get("https://rates.example")  # blocks: requests.get
        await asyncio.sleep(60)


class Poller:
    def __init__(self):
        self.task = None

    async def start(self):
        time.sleep(0.1)
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while True:
            self.poll()  # blocks: requests.get
            await asyncio.sleep(1)

    def poll(self):
        requests.get("https://poll.example")


poller = Poller()


@asynccontextmanager
async def lifespan(app: FastAPI):
    time.sleep(1)
    requests.get("https://warm-up.example")
    app.state.task = asyncio.create_task(refresh_forever())
    await poller.start()
    yield
    time.sleep(1)


app = FastAPI(lifespan=lifespan)
old = FastAPI(on_startup=[poller.start])


@old.on_event("startup")
async def start():
    time.sleep(1)


@old.on_event("shutdown")
def stop():
    time.sleep(1)


old.add_event_handler("startup", poller.start)


@app.get("/")
async def root():
    return {}
