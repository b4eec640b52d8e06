"""Small applications; each has an emoji before what it is to be found for."""

from __future__ import annotations

APP = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{id}")
async def user(id: int) -> None:
    mood = "🐌"; time.sleep(1)
"""

SLEEP_LINE = 9
SLEEP_AT = {"utf-8": 19, "utf-16": 17, "utf-32": 16}
"""Where `time.sleep` starts on that line, in units of each encoding."""

QUIET = APP.replace("time.sleep(1)", "int(1)")

HELPER = """\
import requests


def fetch(url: str) -> bytes:
    mood = "🐌"; return requests.get(url, timeout=1).content
"""

QUIET_HELPER = HELPER.replace("requests.get(url, timeout=1).content", "url.encode()")

CALLER = """\
from fastapi import FastAPI

from helper import fetch

app = FastAPI()


@app.get("/fetch")
async def page() -> bytes:
    mood = "🐌"; return fetch("https://example.org")
"""

NESTED = """\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def load() -> str:
    return "ready"


@app.get("/one")
async def one() -> str:
    mood = "🐌"; return asyncio.run(load())


@app.get("/two")
async def two() -> str:
    mood = "🐌"; return asyncio.run(load())
"""
