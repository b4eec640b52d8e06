"""What a visitor sees first."""

import asyncio
import time
from typing import Any

import requests
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from shop.dependencies import SettingsDep
from shop.services.feeds import (
    DATA,
    SeasonalPrices,
    board,
    greet,
    imprint,
    lines_of,
    numbered,
    opening_hours,
    say_goodbye,
)
from shop.services.sessions import last_seen

router = APIRouter(tags=["storefront"])
seasonal = SeasonalPrices(90)


@router.get("/greeting", response_class=PlainTextResponse)
async def greeting(name: str = "stranger") -> str:
    return greet(name)


@router.get("/goodbye", response_class=PlainTextResponse)
async def goodbye(name: str = "stranger") -> str:
    return say_goodbye(name)


@router.get("/seasonal")
async def seasonal_prices() -> dict[str, int]:
    return seasonal.load()


@router.get("/seasonal-once")
async def seasonal_once() -> dict[str, int]:
    return seasonal.loaded


@router.get("/board/{slug}")
async def board_price(slug: str) -> dict[str, int]:
    return {slug: board.show(slug)}


@router.get("/board-unit")
async def board_unit() -> dict[str, str]:
    return {"unit": board.unit(), "sign": board.sign("tea")}


@router.get("/imprint")
async def imprint_lines() -> list[str]:
    return [line.strip() for line in lines_of(DATA / "imprint.txt")]


@router.get("/imprint-text", response_class=PlainTextResponse)
async def imprint_text() -> str:
    text, _ = await asyncio.gather(imprint(), asyncio.sleep(0))
    return text


@router.get("/rules")
async def house_rules() -> list[str]:
    return list(numbered(["Be kind.", "Pay first."]))


@router.get("/hours")
async def hours() -> dict[str, Any]:
    return await opening_hours()


@router.get("/last-seen")
async def seen(visitor: str = "me") -> dict[str, str]:
    return {"slug": await last_seen.get(visitor)}


@router.post("/last-seen")
async def remember_seen(slug: str, visitor: str = "me") -> dict[str, str]:
    await last_seen.put(visitor, slug)
    return {"slug": slug}


@router.get("/weather")
def weather(settings: SettingsDep) -> dict[str, str]:
    try:
        return {"weather": requests.get(f"{settings.shipping_url}/weather").text}
    except requests.RequestException:
        return {"weather": "unknown"}


@router.get("/weather-in-time")
def weather_in_time(settings: SettingsDep) -> dict[str, str]:
    try:
        return {"weather": requests.get(f"{settings.shipping_url}/weather", timeout=1).text}
    except requests.RequestException:
        return {"weather": "unknown"}


@router.get("/queue")
def queue_up(turns: int = 1) -> dict[str, int]:
    for _ in range(min(turns, 30)):
        time.sleep(1)
    return {"waited": turns}
