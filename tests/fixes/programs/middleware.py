"""An application under layers of all common shapes, and endpoints for everything that can go wrong."""

import asyncio
import contextvars
import logging
import time
import uuid
from collections.abc import AsyncIterator

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

log = logging.getLogger("shop")
request_id = contextvars.ContextVar("request_id", default="none")
done: list[str] = []


class TimingMiddleware(BaseHTTPMiddleware):
    """Says how long the application took."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        response.headers["x-seconds"] = str(time.perf_counter() - started)
        return response


class RequestIdMiddleware(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        token = request_id.set(request.headers.get("x-request-id") or uuid.UUID(int=1).hex)
        try:
            response = await call_next(request)
            response.headers["x-request-id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


class MaintenanceMiddleware(BaseHTTPMiddleware):
    def __init__(self, app: ASGIApp, closed: str) -> None:
        super().__init__(app)
        self.closed = closed

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path.startswith(self.closed):
            return PlainTextResponse("Back in a minute.", status_code=503)
        if "x-banned" in request.headers:
            return JSONResponse({"detail": "No."}, 403, {"vary": "x-banned"})
        return await call_next(request)


class CacheMiddleware(BaseHTTPMiddleware):
    """Looks at the response in one branch only."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path in ("/", "/missing"):
            response = await call_next(request)
            response.headers["cache-control"] = "max-age=60"
            return response
        return await call_next(request)


app = FastAPI()
app.add_middleware(TimingMiddleware)
app.add_middleware(CacheMiddleware)
app.add_middleware(MaintenanceMiddleware, closed="/closed")
app.add_middleware(RequestIdMiddleware)


@app.middleware("http")
async def log_requests(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    if response.status_code >= 400:
        log.warning("%s %s: %s", request.method, request.url.path, response.status_code)
        done.append(f"logged {response.status_code}")
    return response


@app.middleware("http")
async def add_security_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["x-frame-options"] = "DENY"
    response.headers.setdefault("cache-control", "no-store")
    return response


@app.middleware("http")
async def remember_visitor(request: Request, call_next: RequestResponseEndpoint) -> Response:
    request.state.visitor = request.client.host if request.client else ""
    return await call_next(request)


@app.get("/")
async def index(request: Request) -> dict[str, str]:
    return {"visitor": request.state.visitor, "request_id": request_id.get()}


@app.post("/echo")
async def echo(request: Request) -> Response:
    return Response(await request.body(), headers={"cache-control": "public"})


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            await asyncio.sleep(0)
            yield f"{number}\n"

    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/broken-stream")
async def broken_stream() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "0\n"
        raise RuntimeError("in the middle")

    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/missing")
async def missing() -> None:
    raise HTTPException(404, "Nothing here.")


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError("at once")


@app.get("/later")
async def later(tasks: BackgroundTasks) -> str:
    tasks.add_task(done.append, "later")
    return "queued"


@app.get("/done")
async def what_was_done() -> list[str]:
    return done


@app.get("/closed/shop")
async def closed() -> str:
    return "never"


@app.websocket("/live")
async def live(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(f"{await socket.receive_text()} {hasattr(socket.state, 'visitor')}")
    await socket.close()
