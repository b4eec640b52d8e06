from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

import requests
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Client:
    def get(self):
        return requests.get("https://client.example")


@dataclass
class Context:
    name: str
    client: Client
    others: list[Client] = field(default_factory=list)
    spare: Client = field(default_factory=Client)

    def use(self):
        return self.client.get()


class Settings(BaseModel):
    client: Client


class Pair(NamedTuple):
    name: str
    client: Client


def make_context() -> Context:
    return Context("a", Client())


def make_pair() -> Pair:
    return Pair("a", Client())


@app.get("/dataclass")
async def with_dataclass():
    context = make_context()
    context.use()  # blocks: requests.get
    context.spare.get()  # blocks: requests.get
    for other in context.others:
        other.get()  # blocks: requests.get
    return context.client.get()  # blocks: requests.get


@app.get("/model")
async def with_model(settings: Settings):
    return settings.client.get()  # blocks: requests.get


@app.get("/pair")
async def with_pair():
    return make_pair().client.get()  # blocks: requests.get


@app.get("/loops")
async def with_loops(context: Context, by_name: dict[str, Client]):
    for index, client in enumerate(context.others):
        client.get()  # blocks: requests.get
    for name, client in by_name.items():
        client.get()  # blocks: requests.get
    for client in by_name.values():
        client.get()  # blocks: requests.get
    for client, number in zip(context.others, range(3)):
        client.get()  # blocks: requests.get


@app.get("/walrus")
async def with_walrus(by_name: dict[str, Client]):
    if client := by_name.get("a"):
        client.get()  # blocks: requests.get
    while (found := make_context()) and found.name:
        return found.client.get()  # blocks: requests.get


@app.get("/unpacked")
async def with_unpacking():
    first, (second, *rest) = make_context(), [Client(), Client()]
    first.use()  # blocks: requests.get
    one = two = Client()
    two.get()  # blocks: requests.get
    return one.get()  # blocks: requests.get


@app.get("/match")
async def with_match(value: object):
    match value:
        case Context() as context:
            return context.use()  # blocks: requests.get
        case Client():
            return value.get()  # blocks: requests.get
        case {"client": client}:
            return client


@app.get("/cast")
async def with_cast(value: object):
    cast(Client, value).get()  # blocks: requests.get
    if isinstance(value, Client):
        return value.get()  # blocks: requests.get
    assert isinstance(value, Context)
    return value.use()  # blocks: requests.get


@app.get("/rebound")
async def with_a_name_bound_again_and_again(ascending: bool = False):
    path = Path("reports")
    path = path.joinpath("0")
    path = path.joinpath("1")
    path = path.joinpath("2")
    path = path.joinpath("3")
    path = path.joinpath("4")
    path = path.joinpath("5")
    path = path.joinpath("6")
    path = path.joinpath("7")
    path = path.joinpath("8")
    path = path.joinpath("9")
    path = path.joinpath("10")
    path = path.joinpath("11")
    path = path.joinpath("12")
    path = path.joinpath("13")
    path = path.joinpath("14")
    path = path.joinpath("15")
    path = path.joinpath("16")
    path = path.joinpath("17")
    path = path.joinpath("18")
    path = path.joinpath("19")
    path = path.joinpath("20")
    path = path.joinpath("21")
    path = path.joinpath("22")
    path = path.joinpath("23")
    path = path.joinpath("24")
    path = path.joinpath("25")
    path = path.joinpath("26")
    path = path.joinpath("27")
    path = path.joinpath("28")
    path = path.joinpath("29")
    return path.read_text()  # blocks: pathlib.Path.read_text
