"""base-http-middleware (LAG401): a middleware made with BaseHTTPMiddleware, dearer than the endpoint itself.

## What it does
Reports classes made from `BaseHTTPMiddleware`, functions under `@app.middleware("http")`, which are the same
underneath, and functions given to `BaseHTTPMiddleware(dispatch=...)`, once an application uses them.

## Why it is slow
For every request each layer starts a task and hands the response on through a stream in memory: 109 us of
CPU a layer, where an endpoint with nothing around it takes 47 and a pure ASGI layer 0.6. Five layers: 500 us.
A response in 100 chunks takes 1914 us instead of 180, with five layers 8188 (FastAPI 0.165, Starlette 1.10;
FastAPI 0.95 with Starlette 0.27: 27 us become 216). It is not deprecated, and since Starlette 0.29 its
connection no longer waits for background tasks.

## Bad
```python
import time

from fastapi import FastAPI, Request

app = FastAPI()


@app.middleware("http")
async def add_timing(request: Request, call_next):  # LAG401
    started = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Seconds"] = str(time.perf_counter() - started)
    return response
```

## Good
```python
import time

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

app = FastAPI()


class AddTiming:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Seconds"] = str(time.perf_counter() - started)
            await send(message)

        await self.app(scope, receive, send_with_headers)


app.add_middleware(AddTiming)
```

## Not reported
Pure ASGI middleware; layers of libraries; classes that no application of the project is seen to use; tests.

## Fix safety
Unsafe. The answers stay the same: status, headers, body, background tasks, websockets. Context variables that
the endpoint sets are seen by the middleware from then on, and exceptions of the application reach it as they
are. A `finally` or `with` around `call_next` ends when the response starts; around the application it ends
once the whole response is sent and its background tasks are done: a session closed there is held for longer,
a duration taken there is that of everything, and the title says so. Not offered where bodies are read or
rewritten, where the response or the request is handed on to what is not seen to look at headers and status
alone, or where exceptions of the application are caught.

## Sources
Starlette documentation, "Middleware: Limitations" and "Pure ASGI Middleware"; Kludex/fastapi-tips 8; measured with
FastAPI 0.165, Starlette 1.10, Python 3.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.middleware._layers import (
    can_be_taken_apart,
    ends_around_the_application,
    is_dispatch,
    is_registered,
    number_of_layers,
    touches_bodies,
)
from unlag.rules.view import ClassView, FunctionView
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.ENDPOINT


def check(function: FunctionView) -> Iterator[Finding]:
    """The layer that the function is, if it is one."""
    item = function.facts
    if not item.is_async or len(item.parameters) != 2 + bool(item.owner):
        return
    if item.owner:
        is_used = is_registered(function.index, function.entry.id)
        if is_used and is_dispatch(function.index, function.entry):
            yield _of_class(function)
    elif is_registered(function.index, function.entry.id):
        yield _of_function(function)


def fixes_of(function: FunctionView) -> tuple[FixOffer, ...]:
    """Pure ASGI, where neither bodies nor other users of the function are in the way."""
    if touches_bodies(function) or function.index.is_called(function.entry.id):
        return ()
    owner = function.facts.owner
    if owner and function.index.resolver.subclasses.get(f"{function.entry.path}:{owner}"):
        return ()
    if owner and function.index.tables[function.entry.path].classes[owner].facts.decorators:
        return ()  # a decorator of the class may call its `dispatch`
    if not owner and not _is_decorated(function) and function.facts.decorators:
        return ()
    if not can_be_taken_apart(function):
        return ()
    title = "Rewrite it as pure ASGI middleware, which sees context variables and exceptions as they are"
    if ends_around_the_application(function):
        title += (
            "; its `finally` or `with` then ends after the whole response and its background tasks"
        )
    return (FixOffer(title, Safety.UNSAFE, "pure_asgi"),)


def _is_decorated(function: FunctionView) -> bool:
    decorators = function.facts.decorators
    return len(decorators) == 1 and decorators[0].target.endswith(".middleware")


def _of_class(function: FunctionView) -> Finding:
    entry = function.index.tables[function.entry.path].classes[function.facts.owner]
    view = ClassView(function.index, entry, function.offload_style)
    name = view.qualname.rpartition(".")[2]
    message = _message(function, f"`{name}` is a `BaseHTTPMiddleware`")
    points = function.entry_points()
    fixes = fixes_of(function)
    return view.finding(SEVERITY, message, sink=name, entry_points=points, fixes=fixes)


def _of_function(function: FunctionView) -> Finding:
    item = function.facts
    end = item.column + len(item.name)
    site = Call(item.name, item.line, item.column, item.line, end, 0)
    message = _message(function, f"`{item.name}` becomes a `BaseHTTPMiddleware`")
    return function.finding(site, SEVERITY, message, sink=item.name, fixes=fixes_of(function))


def _message(function: FunctionView, what: str) -> str:
    layers = number_of_layers(function.index)
    count = f" The project has {layers} such layers." if layers > 1 else ""
    if touches_bodies(function):
        do = (
            "It reads or rewrites bodies, which pure ASGI middleware does message by message: rewrite it by "
            "hand where it matters."
        )
    else:
        do = "Write it as pure ASGI middleware."
    return (
        f"{what}: about 110 us of CPU for every request, where a pure ASGI layer takes under 1 and a bare endpoint "
        f"47, and ten times the CPU of a response in 100 chunks.{count} {do}"
    )
