"""What the fixes of the thread pool make of an application answers as before, in fewer hops.

`python -m tests.fixes.test_thread_pool` prints what the program costs before and after.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from unlag import fixes
from unlag.fixes import FixRequest, Refusal
from unlag.fixes.composing import apply_edits

from .exchange import Request, answers, ask
from .test_same_answers import compared, fixed, load, offered, program

pytest.importorskip("fastapi")

REQUESTS = [
    Request("/ping"),
    Request("/ping", "POST"),
    Request("/item/2.5"),
    Request("/item/free"),
    Request("/basket"),
    Request("/basket?owner=grace"),
    Request("/basket?owner=mallory"),
    Request("/lines/0"),
    Request("/lines/50"),
    Request("/work/0"),
    Request("/sleep/0"),
]
KINDS = {"def_to_async": 5, "async_generator": 1, "threadpool_instead": 1, "raise_limiter": 1}
LATE = """
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

app = FastAPI()
current_default_thread_limiter().total_tokens = 7


@app.get("/")
async def tokens() -> float:
    return current_default_thread_limiter().total_tokens
"""


@pytest.mark.parametrize("kind", KINDS)
def test_it_answers_the_same(kind: str) -> None:
    compared(program("threads"), kind, REQUESTS, KINDS[kind])


@pytest.mark.parametrize(
    ("kind", "path", "before", "after"),
    [
        ("def_to_async", "/ping", 2, 0),
        ("def_to_async", "/basket?owner=grace", 4, 0),
        ("async_generator", "/lines/50", 51, 0),
        ("threadpool_instead", "/work/0", 0, 1),
    ],
)
def test_hops_on_the_limiter(kind: str, path: str, before: int, after: int) -> None:
    text = program("threads")
    changed, _ = fixed(text, kind)
    assert hops(text, path) == before
    assert hops(changed, path) == after


def test_the_raised_limiter_is_in_force() -> None:
    changed, _ = fixed(program("threads"), "raise_limiter")
    assert within_lifespan(load(changed)["app"], tokens_now) == 100


def test_the_moved_limiter_works_where_it_did_not() -> None:
    with pytest.raises(Exception, match=r"event loop|async"):
        load(LATE)
    finding = next(offered(LATE, "move_limiter"))
    request = FixRequest(finding.path, LATE, finding.span, finding.fixes[0].arguments)
    edits = fixes.edits(finding.fixes[0], request)
    assert not isinstance(edits, Refusal), edits.reason
    assert within_lifespan(load(apply_edits(LATE, edits))["app"], tokens_now) == 7


async def tokens_now() -> float:
    from anyio.to_thread import current_default_thread_limiter

    return current_default_thread_limiter().total_tokens


def within_lifespan(application: Any, then: Callable[[], Awaitable[float]]) -> float:
    """What `then` gives while the application is up."""

    async def run() -> float:
        async with application.router.lifespan_context(application):
            return await then()

    return asyncio.run(run())


def hops(text: str, path: str) -> int:
    """How often the default limiter is taken while a request is answered."""
    with counted() as taken:
        answers(load(text)["app"], [Request(path)])
    return len(taken)


@contextmanager
def counted() -> Iterator[list[object]]:
    import anyio.to_thread

    taken: list[object] = []
    module: Any = anyio.to_thread
    original = module.run_sync

    async def run_sync(function: Any, *arguments: Any, **options: Any) -> Any:
        if options.get("limiter") is None:
            taken.append(function)
        return await original(function, *arguments, **options)

    module.run_sync = run_sync
    try:
        yield taken
    finally:
        module.run_sync = original


COSTS = (
    ("def_to_async", "/ping", 300),
    ("def_to_async", "/basket?owner=grace", 300),
    ("async_generator", "/lines/2000", 5),
)


def processor_seconds(text: str, path: str, times: int) -> float:
    """CPU seconds of the cheapest of some rounds of requests."""
    application = load(text)["app"]

    async def run() -> float:
        best = float("inf")
        for _ in range(7):
            started = time.process_time()
            for _ in range(times):
                await ask(application, Request(path))
            best = min(best, time.process_time() - started)
        return best

    return asyncio.run(run())


def main() -> None:
    """Print CPU time of one request before the fix in terms of that after it."""
    text = program("threads")
    for kind, path, times in COSTS:
        changed, _ = fixed(text, kind)
        ratio = processor_seconds(text, path, times) / processor_seconds(changed, path, times)
        print(f"{path:<24} {kind:<20} costs {ratio:.1f} times as much without the fix")


if __name__ == "__main__":
    main()
