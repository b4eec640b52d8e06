import time

import requests
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sse_starlette.sse import EventSourceResponse

app = FastAPI()


def read_page(number):
    return requests.get(f"https://pages.example/{number}").text


async def pages():
    for number in range(3):
        yield read_page(number)  # blocks: requests.get


async def numbered():
    async for page in pages():
        time.sleep(0.1)  # blocks: time.sleep
        yield page


def plain_pages():
    for number in range(3):
        yield read_page(number)


@app.get("/pages")
async def stream_pages():
    return StreamingResponse(numbered())


@app.get("/plain")
async def stream_plain():
    return StreamingResponse(plain_pages(), media_type="text/plain")


@app.get("/events")
async def events():
    async def generate():
        while True:
            time.sleep(1)  # blocks: time.sleep
            yield {"data": "x"}

    return EventSourceResponse(generate())


@app.get("/threads")
async def in_thread():
    def generate():
        time.sleep(1)
        yield "x"

    return StreamingResponse(generate())


@app.get("/consumed")
async def consumed():
    return "".join(plain_pages())  # blocks: requests.get


@app.get("/looped")
async def looped():
    for page in plain_pages():  # blocks: requests.get
        return page
