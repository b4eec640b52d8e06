from fastapi import FastAPI
from stores import (
    MemoryStore,
    Notifier,
    Unrelated,
    WebNotifier,
    create_store,
    inferred_store,
    store_by_get,
    store_by_name,
)

app = FastAPI()
store = create_store("disk")


@app.get("/files/{key}")
async def read(key: str):
    return store.load(key)  # blocks: pathlib.Path.read_bytes


@app.get("/inferred/{key}")
async def read_inferred(key: str):
    return inferred_store().load(key)  # blocks: pathlib.Path.read_bytes


@app.get("/named/{key}")
async def read_named(key: str):
    store_by_get("web").load(key)  # blocks: pathlib.Path.read_bytes
    return store_by_name("web").load(key)  # blocks: pathlib.Path.read_bytes


@app.get("/memory/{key}")
async def read_memory(key: str):
    return MemoryStore().load(key)


def tell(notifier: Notifier):
    notifier.notify("hello")


@app.post("/notify")
async def notify():
    tell(WebNotifier())  # blocks: requests.post
