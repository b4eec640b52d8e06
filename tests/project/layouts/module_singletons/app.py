import clients
from clients import search
from fastapi import FastAPI

app = FastAPI()


@app.get("/search")
async def read_search(text: str):
    return search.query(text)  # blocks: requests.get


@app.get("/search/lazy")
async def read_lazy(text: str):
    return clients.get_lazy().query(text)  # blocks: requests.get


@app.get("/search/shared")
async def read_shared(text: str):
    return clients.get_shared().query(text)  # blocks: requests.get


@app.get("/search/tenant")
async def read_tenant(text: str):
    return clients.for_tenant("a").query(text)  # blocks: requests.get


@app.get("/search/region")
async def read_region(text: str):
    return clients.for_region("eu").query(text)  # blocks: requests.get


@app.get("/search/language")
async def read_language(text: str):
    return clients.for_language("de").query(text)  # gap: requests.get, what is put into a parameter is not kept
