"""Prints how long the event loop stands still before and after the fixes of blocking calls, as ratios.

    python -m tests.fixes.blocked [--rounds N]

Ten requests at once to each endpoint of `programs/blocking.py`, and a task beside them that looks at the clock
every millisecond: the longest gap between two looks counts, the best round of each. Asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from .exchange import Application, Request, ask, running
from .test_same_answers import fixed, load, program

CASES = [
    ("async_counterpart", Request("/sleep")),
    ("async_counterpart", Request("/program")),
    ("offload", Request("/digest?secret=a")),
]
_REQUESTS = 10


def main() -> None:
    """One line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    text = program("blocking")
    print("| fix | request | loop held before, ms | after | ratio |")
    print("| --- | --- | ---: | ---: | ---: |")
    for kind, request in CASES:
        after, _ = fixed(text, kind)
        gaps = [
            min(asyncio.run(longest_gap(app, request)) for _ in range(rounds))
            for app in (load(text)["app"], load(after)["app"])
        ]
        before, now = (1000 * gap for gap in gaps)
        print(f"| {kind} | {request.path} | {before:.0f} | {now:.1f} | {before / now:.0f} |")


async def longest_gap(application: Application, request: Request) -> float:
    """The longest time, in seconds, that nothing else got its turn while the requests were served."""
    gaps: list[float] = []

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    async with running(application):
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)  # it looks at the clock for the first time
        await asyncio.gather(*[ask(application, request) for _ in range(_REQUESTS)])
        await asyncio.sleep(0.002)
        watching.cancel()
    return max(gaps)


if __name__ == "__main__":
    main()
