from contextlib import asynccontextmanager

import requests
from fastapi import Depends, FastAPI, Request


class Client:
    def get(self):
        return requests.get("https://client.example")


class Container:
    client = Client()

    def __init__(self):
        self.other = Client()


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.client = Client()
    app.state.container = Container()
    yield


app = FastAPI(lifespan=lifespan)


def get_client(request: Request) -> Client:
    return request.app.state.client


def from_state(request: Request):
    return request.app.state.client


@app.get("/state")
async def state(request: Request):
    return request.app.state.client.get()  # blocks: requests.get


@app.get("/annotated")
async def annotated(client: Client = Depends(get_client)):
    return client.get()  # blocks: requests.get


@app.get("/inferred")
async def inferred(client=Depends(from_state)):
    return client.get()  # blocks: requests.get


@app.get("/container")
async def container(request: Request):
    return request.app.state.container.other.get()  # blocks: requests.get


@app.get("/module")
async def module():
    return app.state.client.get()  # blocks: requests.get
