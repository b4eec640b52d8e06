import sys

from app.compat import Client, requests
from fastapi import FastAPI

if sys.platform == "win32":
    from app.windows import pause
else:
    from time import sleep as pause

app = FastAPI()
client = Client()


@app.get("/")
async def root():
    client.get()  # blocks: time.sleep
    return await client.fetch()


@app.get("/pause")
async def read_pause():
    pause(1)  # blocks: time.sleep


@app.get("/requests")
async def read_requests():
    if requests is not None:
        return requests.get("https://a.example")  # blocks: requests.get
