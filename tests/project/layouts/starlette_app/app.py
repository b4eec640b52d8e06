import time
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute


async def home(request):
    time.sleep(1)  # blocks: time.sleep
    return JSONResponse({})


def plain(request):
    time.sleep(1)
    return JSONResponse({})


async def live(websocket):
    time.sleep(1)  # blocks: time.sleep


class User(HTTPEndpoint):
    async def get(self, request):
        return self.load()  # blocks: time.sleep

    def post(self, request):
        return self.load()

    def load(self):
        time.sleep(1)


class Echo(WebSocketEndpoint):
    async def on_connect(self, websocket):
        time.sleep(1)  # blocks: time.sleep

    async def on_receive(self, websocket, data):
        time.sleep(1)  # blocks: time.sleep


class Layer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        time.sleep(1)  # blocks: time.sleep
        await self.app(scope, receive, send)


async def on_error(request, error):
    time.sleep(1)  # blocks: time.sleep


@asynccontextmanager
async def lifespan(app):
    time.sleep(1)
    yield


async def listed(request):
    time.sleep(1)  # blocks: time.sleep


extra = Router([Route("/listed", listed)])
users = [
    Route("/{name}", User),
    WebSocketRoute("/echo", endpoint=Echo),
]
app = Starlette(
    routes=[
        Route("/", home, methods=["GET", "POST"]),
        Route("/plain", endpoint=plain),
        WebSocketRoute("/live", live),
        Mount("/users", routes=users),
        Mount("/extra", app=extra),
    ],
    middleware=[Middleware(Layer)],
    exception_handlers={404: on_error},
    lifespan=lifespan,
)
