"""What the parts of the server and the debug settings cost: the figures in the docs of LAG803 and LAG804.

Run by hand in an environment with fastapi, uvicorn[standard] and sqlalchemy: `python server_settings.py`.
Variants take turns, so that a busy machine slows all of them; CPU time is the kernel's.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable

ROUNDS = 5
REQUESTS = 3000
VARIANTS = ["uvloop httptools", "asyncio httptools", "uvloop h11", "asyncio h11"]


def serve(variant: str, port: int) -> None:
    """Serve one route until killed."""
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def root() -> dict[str, int]:
        return {"one": 1}

    loop, http = variant.split()
    uvicorn.run(app, port=port, log_level="critical", access_log=False, loop=loop, http=http)


def request_cost(name: str) -> float:
    """Microseconds of the server's CPU for one request on a kept connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = os.fork()
    if child == 0:
        serve(name, port)
        os._exit(0)
    with contextlib.closing(_connected(port)) as connection:
        _ask(connection, 300)
        before = _cpu(child)
        _ask(connection, REQUESTS)
        cost = _cpu(child) - before
    os.kill(child, 9)
    os.waitpid(child, 0)
    return cost / REQUESTS * 1e6


def _connected(port: int) -> socket.socket:
    while True:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port))
        time.sleep(0.05)


def _ask(connection: socket.socket, times: int) -> None:
    for _ in range(times):
        connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nuser-agent: b\r\naccept: */*\r\n\r\n")
        answer = b""
        while not answer.endswith(b'{"one":1}'):
            answer += connection.recv(4096)


def _cpu(process: int) -> float:
    with open(f"/proc/{process}/stat", encoding="ascii") as status:
        fields = status.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def statement_cost(echo: bool) -> float:
    """Microseconds of CPU for one SELECT on SQLite, its log written to a buffer."""
    from sqlalchemy import create_engine, text

    with contextlib.redirect_stdout(io.StringIO()):
        engine = create_engine("sqlite://", echo=echo)
        with engine.connect() as connection:
            statement = text("select 1 where 1 = :n")
            connection.execute(statement, {"n": 1}).all()
            start = time.process_time()
            for number in range(3000):
                connection.execute(statement, {"n": number}).all()
            cost = time.process_time() - start
    logging.getLogger("sqlalchemy.engine.Engine").handlers.clear()
    return cost / 3000 * 1e6


def gather_cost(debug: bool) -> float:
    """Microseconds of CPU for a gather of ten coroutines that each give way once."""

    async def many() -> float:
        start = time.process_time()
        for _ in range(1000):
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(10)))
        return time.process_time() - start

    return asyncio.run(many(), debug=debug) / 1000 * 1e6


def failure_cost(debug: bool) -> float:
    """Microseconds of CPU for a request whose endpoint raises."""
    from fastapi import FastAPI

    app = FastAPI(debug=debug)

    @app.get("/")
    async def root() -> None:
        raise ValueError("no")

    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"",
             "headers": [(b"accept", b"text/html")], "http_version": "1.1", "scheme": "http",
             "server": ("a", 80), "client": ("b", 1), "root_path": ""}  # fmt: skip

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: object) -> None:
        pass

    async def many() -> float:
        for turn in range(110):
            if turn == 10:
                start = time.process_time()
            with contextlib.suppress(ValueError):
                await app(dict(scope), receive, send)
        return time.process_time() - start

    return asyncio.run(many()) / 100 * 1e6


def main() -> None:
    """Print the median, the least and the most of every figure."""
    print(sys.version.split()[0])
    _show("request, us of CPU", VARIANTS, request_cost)
    modes = ["echo=False", "echo=True"]
    _show("SELECT, us of CPU", modes, lambda name: statement_cost("True" in name))
    modes = ["debug=False", "debug=True"]
    _show("failing request, us of CPU", modes, lambda name: failure_cost("True" in name))
    _show("gather of ten, us of CPU", modes, lambda name: gather_cost("True" in name))


def _show(title: str, names: list[str], measure: Callable[[str], float]) -> None:
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            found[name].append(measure(name))
    print(title)
    for name, costs in found.items():
        print(f"  {name}: {statistics.median(costs):.0f} ({min(costs):.0f} to {max(costs):.0f})")


if __name__ == "__main__":
    main()
