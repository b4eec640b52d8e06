import time

import requests
from starlette.middleware.base import BaseHTTPMiddleware


class Timing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        self.note(request)  # blocks: open
        return await call_next(request)

    def note(self, request):
        with open("times", "a") as stream:
            stream.write("x")


class Quota(Timing):
    async def dispatch(self, request, call_next):
        time.sleep(0.1)  # blocks: time.sleep
        return await super().dispatch(request, call_next)


class PureLayer:
    def __init__(self, app, url=""):
        self.app = app
        self.url = url

    async def __call__(self, scope, receive, send):
        requests.get(self.url)  # blocks: requests.get
        await self.app(scope, receive, send)


class Listed:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def send_later(message):
            time.sleep(0.1)  # blocks: time.sleep
            await send(message)

        await self.app(scope, receive, send_later)


async def stamp(request, call_next):
    time.sleep(0.1)  # blocks: time.sleep
    return await call_next(request)


def wrap(app):
    async def wrapped(scope, receive, send):
        time.sleep(0.1)  # blocks: time.sleep
        await app(scope, receive, send)

    return wrapped
