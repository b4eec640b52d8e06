"""An application whose endpoints build what one object could do for all of them."""

from functools import lru_cache

import httpx
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
told: list[str] = []
ADDRESS = "http://127.0.0.1:9"


@app.get("/closed")
async def closed(page: int = 1) -> dict[str, str]:
    async with httpx.AsyncClient(timeout=2, headers={"x-shop": "corner"}) as client:
        shop = client.headers["x-shop"]
        try:
            await client.get(ADDRESS, params={"page": page})
        except httpx.ConnectError as error:
            return {"shop": shop, "error": type(error).__name__}
    return {"shop": shop, "error": ""}


@lru_cache
def greeting() -> str:
    return "hello"


@app.get("/greeting")
def read_greeting() -> str:
    return greeting()


async def send_note(text: str) -> None:
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200))
    ) as client:
        await client.post(ADDRESS, json=text)
    told.append(text)


@app.post("/notes")
async def note(text: str) -> str:
    await send_note(text)
    return "thank you"


@app.post("/notes/with-tasks")
async def note_with_tasks(text: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(told.append, "before")
    await send_note(text)
    return "thank you"


@app.get("/told")
async def read_told() -> list[str]:
    return sorted(told)
