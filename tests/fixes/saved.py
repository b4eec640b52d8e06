"""Prints what middleware and clients cost before and after their fixes, as ratios of CPU time.

    PYTHONPATH=server:tests python -m fixes.saved [--rounds N]

Both programs answer the same requests in one process, in turns; the best round of each counts. Nothing here is
asserted: a machine with other work to do gives other times, and the same ratios within reason.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

from .exchange import Application, Request, ask, running
from .test_same_answers import fixed, load, program

CASES = [
    ("middleware", "pure_asgi", Request("/"), 200),
    ("middleware", "pure_asgi", Request("/stream"), 100),
    ("clients", "shared_client", Request("/closed"), 10),
]


def main() -> None:
    """One line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print("| program | fix | request | before, us CPU | after | ratio |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for name, kind, request, count in CASES:
        text = program(name)
        after, _ = fixed(text, kind)
        times = asyncio.run(best([load(text)["app"], load(after)["app"]], request, count, rounds))
        before, now = (1e6 * seconds / count for seconds in times)
        print(
            f"| {name} | {kind} | {request.path} | {before:.0f} | {now:.0f} | {before / now:.1f} |"
        )


async def best(
    applications: Sequence[Application], request: Request, count: int, rounds: int
) -> list[float]:
    """The CPU seconds that `count` requests take each application in its best round."""
    seconds = [float("inf")] * len(applications)
    for _ in range(rounds):
        for index, application in enumerate(applications):
            seconds[index] = min(seconds[index], await spent(application, request, count))
    return seconds


async def spent(application: Application, request: Request, count: int) -> float:
    """The CPU seconds that `count` requests take."""
    async with running(application):
        await ask(application, request)
        started = time.process_time()
        for _ in range(count):
            await ask(application, request)
        return time.process_time() - started


if __name__ == "__main__":
    main()
