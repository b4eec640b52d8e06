"""Endpoints that validate and serialise more than they need: each is what one kind of fix changes."""

import json
from datetime import datetime, timezone
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter

app = FastAPI()


class Part(BaseModel):
    name: str


class Item(BaseModel):
    id: int
    name: str
    price: float = 0.5
    added: datetime = datetime(2026, 1, 2, tzinfo=timezone.utc)
    parts: list[Part] = []


class Event(BaseModel):
    kind: str
    items: list[Item]


class Bucket(BaseModel):
    name: str
    cents: float = 0.0
    tags: list[str] = Field(default_factory=list)


def rows(count: int) -> list[dict[str, Any]]:
    made = [
        {"id": number, "name": f"é{number}", "parts": [{"name": "a"}]} for number in range(count)
    ]
    return [*made, {"id": -1, "name": "last", "added": datetime(2026, 2, 3), "extra": "filtered"}]


def objects(count: int) -> list[Item]:
    return [Item(**row) for row in rows(count)]


@app.get("/dumped", response_model=list[Item])
async def dumped(count: int = 3) -> Any:
    items = objects(count)
    return [item.model_dump() for item in items]


@app.get("/dumped/one", response_model=Item)
def dumped_one(count: int = 3) -> Any:
    item = Item(**rows(count)[0])
    data = item.model_dump(mode="json")
    return data  # noqa: RET504 # what the fix takes away


@app.get("/dumped/json", response_model=Item)
async def dumped_json(count: int = 3) -> Any:
    return json.loads(Item(**rows(count)[-1]).model_dump_json())


@app.get("/listed", response_model=list[Item])
async def listed(count: int = 3) -> Any:
    return [Item(**row) for row in rows(count)]


@app.get("/untyped")
async def untyped(count: int = 3):  # type: ignore[no-untyped-def] # what the fix adds
    return [Item(id=number, name="a") for number in range(count)]


@app.get("/json", response_model=list[Item], response_class=JSONResponse)
async def as_json(count: int = 3) -> Any:
    return rows(count)


@app.get("/encoded")
async def encoded(count: int = 3):  # type: ignore[no-untyped-def] # what the fix adds
    items = objects(count)
    return JSONResponse(jsonable_encoder(items))


@app.get("/constructed")
async def constructed(count: int = 3) -> list[Item]:
    return [Item.model_construct(id=number, name="a", parts=[]) for number in range(count)]


@app.post("/events")
async def note(request: Request) -> dict[str, Any]:
    try:
        event = Event(**json.loads(await request.body()))
    except ValueError as error:
        raise HTTPException(422, "no event") from error
    return {"kind": event.kind, "names": [item.name for item in event.items]}


@app.post("/numbers")
async def numbers(request: Request) -> int:
    adapter = TypeAdapter(list[int])
    return sum(adapter.validate_json(await request.body()))


@app.get("/buckets")
async def buckets(count: int = 3) -> dict[str, float]:
    made = [Bucket(name=f"n{number % 7}", cents=number / 2) for number in range(count)]
    found: dict[str, float] = {}
    for bucket in made:
        found[bucket.name] = found.get(bucket.name, 0) + bucket.cents + len(bucket.tags)
    return found
