from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from app.store import Store

app = FastAPI()


@app.get("/pages/{name}")
async def page(name: str):
    from app.files import read_page

    return read_page(name)  # blocks: pathlib.Path.read_text


@app.get("/slow")
async def slow():
    import time

    time.sleep(1)  # blocks: time.sleep


@app.get("/optional")
async def optional():
    try:
        import requests
    except ImportError:
        return None
    return requests.get("https://example.com").text  # blocks: requests.get


def total(store: "Store"):
    return store.count()


@app.get("/total")
async def read_total():
    from app.store import open_store

    return total(open_store())  # blocks: sqlite3.connect
