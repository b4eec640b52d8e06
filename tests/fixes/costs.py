"""Prints what validation and serialisation cost before and after each fix, as ratios of CPU time.

    python -m tests.fixes.costs [--items N] [--rounds N]

Runs the endpoints of `programs/validation.py` in-process, both states in turn, and takes the best of the
rounds. Also prints the figures about adapters that the rules' docs give. Asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from .exchange import Application, Request, ask
from .test_same_answers import fixed, load, program

PATHS = {
    "return_instance": ["dumped"],
    "return_rows": ["listed"],
    "return_annotation": ["untyped"],
    "remove_response_class": ["json"],
    "return_encoded": ["encoded"],
    "call_model": ["constructed"],
    "model_validate_json": ["events"],
    "hoist_type": ["numbers"],
    "model_to_dataclass": ["buckets"],
}


def main() -> None:
    """Print a line a fix, then a line an adapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    text = program("validation")
    for kind, (path,) in PATHS.items():
        request = _request(path, options.items)
        after, _ = fixed(text, kind)
        apps = [load(text)["app"], load(after)["app"]]
        before_cost, after_cost = _best(apps, request, options.rounds)
        ratio = before_cost / after_cost
        print(f"{kind:24} {before_cost:9.1f} us {after_cost:9.1f} us   x{ratio:.2f}")
    _adapters(options.rounds)


def _request(path: str, items: int) -> Request:
    if path == "events":
        rows = [{"id": number, "name": "a", "parts": [{"name": "b"}]} for number in range(items)]
        body = json.dumps({"kind": "sold", "items": rows}).encode()
        return Request("/events", "POST", body=body)
    if path == "numbers":
        return Request("/numbers", "POST", body=b"[1, 2, 3]")
    return Request(f"/{path}?count={items}")


def _best(apps: list[Application], request: Request, rounds: int) -> list[float]:
    """The least CPU time a request of each application takes, in microseconds."""

    async def measure() -> list[float]:
        best = [float("inf")] * len(apps)
        for _ in range(rounds):
            for index, app in enumerate(apps):
                start = time.process_time()
                for _ in range(20):
                    await ask(app, request)
                best[index] = min(best[index], (time.process_time() - start) / 20 * 1e6)
        return best

    return asyncio.run(measure())


def _adapters(rounds: int) -> None:
    from pydantic import BaseModel, TypeAdapter

    class Item(BaseModel):
        id: int
        name: str
        tags: list[str]

    body = json.dumps([{"id": 1, "name": "a", "tags": ["b"]}] * 100).encode()
    kinds: dict[str, Any] = {
        "object": object,
        "list[object]": list[object],
        "list[dict]": list[dict[str, Any]],
        "list[Item]": list[Item],
    }
    for name, kind in kinds.items():
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        built = _call(partial(TypeAdapter, kind), rounds)
        twice = _call(partial(_twice, adapter, body), rounds)
        once = _call(partial(adapter.validate_json, body), rounds)
        print(
            f"TypeAdapter({name}) built {built:.1f} us; JSON decoded first x1, itself x{once / twice:.2f}"
        )
    print(f"TypeAdapter(Item) built {_call(partial(TypeAdapter, Item), rounds):.1f} us")
    _with_orjson(Item, body, rounds)


def _with_orjson(item: Any, body: bytes, rounds: int) -> None:
    try:
        orjson = import_module("orjson")
    except ImportError:
        return
    from pydantic import TypeAdapter

    for name, kind in {"list[Item]": list[item], "list[object]": list[object]}.items():
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        twice = _call(partial(_by_orjson, adapter, orjson.loads, body), rounds)
        once = _call(partial(adapter.validate_json, body), rounds)
        print(f"TypeAdapter({name}): decoded by orjson first x1, itself x{once / twice:.2f}")


def _by_orjson(adapter: Any, loads: Callable[[bytes], object], body: bytes) -> object:
    return adapter.validate_python(loads(body))


def _twice(adapter: Any, body: bytes) -> object:
    return adapter.validate_python(json.loads(body))


def _call(function: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(100):
            function()
        best = min(best, (time.process_time() - start) * 1e4)
    return best


if __name__ == "__main__":
    main()
