from contextlib import AsyncExitStack, ExitStack, suppress

from fastapi import FastAPI
from resources import Lease, Quiet, Sold, borrowed, measured, opened

app = FastAPI()


@app.post("/lease")
async def lease():
    with Lease() as held:  # blocks: time.sleep
        held.renew()  # blocks: requests.post


@app.post("/sold")
async def sold():
    with suppress(ValueError), Sold():  # blocks: requests.delete
        return {}


@app.post("/kept")
async def kept():
    lease = Lease()
    with measured() as start:
        with lease:  # blocks: time.sleep
            return start


@app.post("/borrowed")
async def borrow():
    with borrowed() as held:  # blocks: time.sleep
        held.renew()  # blocks: requests.post


@app.post("/quiet")
async def quiet():
    async with Quiet() as held:
        held.renew()  # blocks: requests.post


@app.post("/opened")
async def open_one():
    async with opened() as held, AsyncExitStack() as stack:
        held.renew()  # blocks: requests.post
        other = await stack.enter_async_context(opened())
        other.renew()  # blocks: requests.post


@app.post("/stacked")
async def stacked():
    with ExitStack() as stack:
        held = stack.enter_context(Lease())  # blocks: time.sleep
        held.renew()  # blocks: requests.post
