"""An application that sends everything through the thread pool, and more than it need."""

import asyncio
import time
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float


class Basket:
    def __init__(self, owner: str) -> None:
        self.owner = owner


def get_basket(owner: str = "ada") -> Basket:
    return Basket(owner)


def need_owner(owner: str = "ada") -> str:
    if owner == "mallory":
        raise HTTPException(403, f"{owner} has no basket")
    return owner


def lines(count: int) -> Iterator[str]:
    for number in range(count):
        yield f"{number}\n"


@app.get("/ping")
def ping() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/item/{price}")
def item(price: float) -> Item:
    return Item(name=f"for {price}", price=price * 2)


@app.get("/basket")
def basket(
    mine: Annotated[Basket, Depends(get_basket)], owner: Annotated[str, Depends(need_owner)]
) -> dict[str, str]:
    return {"basket of": mine.owner, "asked by": owner}


@app.get("/lines/{count}")
async def stream(count: int) -> StreamingResponse:
    return StreamingResponse(lines(count), media_type="text/csv")


@app.get("/work/{seconds}")
async def work(seconds: float) -> dict[str, float]:
    await asyncio.to_thread(time.sleep, seconds)
    await asyncio.to_thread(time.sleep, 0)
    await asyncio.to_thread(time.sleep, 0)
    return {"slept": seconds}


@app.get("/sleep/{seconds}")
def sleep(seconds: float) -> dict[str, float]:
    time.sleep(seconds)
    return {"slept": seconds}
