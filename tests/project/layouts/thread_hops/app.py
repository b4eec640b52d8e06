"""What each construct costs in thread hops."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Response, WebSocket
from fastapi.responses import JSONResponse, ORJSONResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


class Page:
    def __init__(self, limit: int = 20) -> None:
        self.limit = limit


class Csv(Response):
    media_type = "text/csv"


class Guard:
    def __call__(self) -> None:
        """Sync: FastAPI calls it in a thread."""


def plain() -> int:
    return 1


def closing() -> Iterator[int]:
    yield 1


async def quick() -> int:
    return 1


@app.get("/async")
async def coroutine(one: Annotated[int, Depends(quick)]) -> Item:
    return Item(name="a")


@app.get("/bare")
def bare():
    return {"name": "a"}


@app.get("/nothing")
def nothing() -> None:
    return None


@app.get("/annotated")
def annotated() -> Item:
    return Item(name="a")


@app.get("/anything")
def anything() -> Any:
    return {}


@app.get("/modelled", response_model=Item)
def modelled():
    return {"name": "a"}


@app.get("/switched-off", response_model=None)
def switched_off() -> dict[str, str]:
    return {"name": "a"}


@app.get("/response")
def response() -> JSONResponse:
    return JSONResponse({})


@app.get("/own-response")
def own_response() -> Csv:
    return Csv("")


@app.get("/fast", response_model=Item)
def fast():
    return ORJSONResponse({"name": "a"})


@app.get("/many", dependencies=[Depends(Guard())])
def many(
    one: Annotated[int, Depends(plain)],
    same: Annotated[int, Depends(plain)],
    other: Annotated[int, Depends(closing)],
    page: Annotated[Page, Depends()],
) -> Item:
    return Item(name="a")


@app.websocket("/socket")
async def socket(websocket: WebSocket, one: Annotated[int, Depends(plain)]) -> None:
    await websocket.accept()
