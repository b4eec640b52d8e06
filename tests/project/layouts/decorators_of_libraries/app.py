import time

from fastapi import APIRouter, FastAPI, Request
from fastapi_cache.decorator import cache
from slowapi import Limiter
from tenacity import retry, stop_after_attempt

app = FastAPI()
router = APIRouter()
limiter = Limiter()


@retry(stop=stop_after_attempt(3))
def fetch():
    time.sleep(1)


@router.get("/limited")
@limiter.limit("5/minute")
async def limited(request: Request):
    return fetch()  # blocks: time.sleep


@router.get("/cached")
@cache(expire=60)
async def cached():
    time.sleep(1)  # blocks: time.sleep


@router.get("/retried")
@retry(stop=stop_after_attempt(3))
async def retried():
    time.sleep(1)  # blocks: time.sleep


app.include_router(router)
