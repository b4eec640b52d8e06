import time
from functools import partial

import requests
from fastapi import APIRouter, FastAPI


def fetch(url, timeout=5):
    return requests.get(url, timeout=timeout)


fetch_quickly = partial(fetch, timeout=1)
pause = lambda seconds: time.sleep(seconds)  # noqa: E731


def make_loader(url):
    def load():
        return requests.get(url)

    return load


def make_adder(number):
    return lambda value: value + number


load_rates = make_loader("https://rates.example")


def build_router(client):
    router = APIRouter(prefix="/closures")
    session = requests.Session()

    def helper():
        return session.get("https://helper.example")

    @router.get("/helper")
    async def read_helper():
        return helper()  # blocks: requests.Session.get

    @router.get("/client")
    async def read_client():
        return client()  # gap: requests.get, what callers pass to `build_router` is not followed

    return router


def create_app():
    app = FastAPI()
    app.include_router(build_router(load_rates))

    def blocking():
        time.sleep(1)

    @app.get("/partial")
    async def read_partial():
        fetch_quickly("https://a.example")  # blocks: requests.get
        job = partial(fetch, "https://b.example")
        return job()  # blocks: requests.get

    @app.get("/lambda")
    async def read_lambda():
        pause(1)  # blocks: time.sleep
        job = lambda: fetch("https://c.example")  # noqa: E731
        return job()  # blocks: requests.get

    @app.get("/made")
    async def read_made():
        make_adder(1)(2)
        load = make_loader("https://d.example")
        load()  # blocks: requests.get
        blocking()  # blocks: time.sleep
        return load_rates()  # blocks: requests.get

    return app


app = create_app()
