import time

from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware
from layers import Listed, PureLayer, Quota, Timing, stamp, wrap
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI(middleware=[Middleware(Listed)])
app.add_middleware(GZipMiddleware)
app.add_middleware(Timing)
app.add_middleware(Quota)
app.add_middleware(PureLayer, url="https://layer.example")
app.add_middleware(BaseHTTPMiddleware, dispatch=stamp)
app.add_middleware(wrap)


@app.middleware("http")
async def count(request, call_next):
    time.sleep(0.1)  # blocks: time.sleep
    response = await call_next(request)
    return response
