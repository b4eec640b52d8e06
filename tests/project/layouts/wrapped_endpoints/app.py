import functools

import requests
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


def named(endpoint, names=()):
    endpoint.names = names
    return endpoint


def audited(endpoint):
    @functools.wraps(endpoint)
    async def inner(*args, **kwargs):
        requests.post("https://audit.example")  # blocks: requests.post
        return await endpoint(*args, **kwargs)

    return inner


def limited(times):
    def around(endpoint):
        @functools.wraps(endpoint)
        def inner(*args, **kwargs):
            return endpoint(*args, **kwargs)

        return inner

    return around


def threaded(function):
    async def inner(*args, **kwargs):
        return await run_in_threadpool(function, *args, **kwargs)

    return inner


async def read():
    return requests.get("https://a.example").json()  # blocks: requests.get


async def write():
    return requests.put("https://a.example").json()  # blocks: requests.put


def count():
    return requests.head("https://a.example").ok


def load():
    return requests.get("https://b.example").ok


class Items:
    def __init__(self):
        self.router = APIRouter()

    def build(self, name):
        async def delete():
            return requests.delete(name).ok  # blocks: requests.delete

        self.router.delete("/items")(named(delete, names=("item",)))


app.add_api_route("/read", named(read))
app.add_api_route("/write", audited(write), methods=["PUT"])
app.add_api_route("/count", limited(5)(count))
app.add_api_route("/load", threaded(load))
app.include_router(Items().router)
