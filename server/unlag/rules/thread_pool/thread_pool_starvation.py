"""thread-pool-starvation (LAG201): a few slow requests take all 40 threads.

## What it does
Reports `def` endpoints, dependencies and background tasks that hold their thread for long, themselves or
through the functions they call, while the project leaves FastAPI's thread limiter as it is: sleeps, network
calls without a timeout, models that answer.

## Why it is slow
Everything that is `def` shares 40 threads in each worker. 40 requests that each sleep 0.2 s took 0.27 s, 41 took
0.41 s and 81 took 0.62 s; with 100 tokens, 81 took 0.29 s. Forty `def` background tasks made an innocent
`def` endpoint of 50 ms take 229 to 237 ms. `async def` endpoints went on at 0.5 ms.

## Bad
```python
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/weather")
def weather() -> str:
    return requests.get("https://weather.example").text  # LAG201
```

## Good
```python
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/weather")
def weather() -> str:
    return requests.get("https://weather.example", timeout=1).text
```

## Not reported
Projects that set the limiter's `total_tokens` in the lifespan or elsewhere on the loop; dependencies given
with `Depends(..., max_concurrency=)` (FastAPI 0.163); sleeps under half a second, calls with a timeout or with
arguments that are not written down, calls in `except` clauses, loops of helpers that
poll or try again. Ways that run once or are rarely taken to their end are information, and so are those that
lead through an implementation of an interface where most others do not hold the thread.

## Fix safety
Unsafe: more threads at once, which share one interpreter lock, and ask more of databases and other
services. 100 is a guess that you should replace.

## Sources
Measured with fastapi 0.165.0, AnyIO 4.16.0 and CPython 3.11.7 on two shared cores. Starlette documentation,
"Thread Pool".
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.project.links import Hazard
from unlag.rules import Subject
from unlag.rules.event_loop._alternatives import is_one_of_several
from unlag.rules.event_loop._boundaries import boundaries, direct, helper, way
from unlag.rules.thread_pool._functions import (
    is_background_task,
    is_threaded_dependency,
    threaded_routes,
)
from unlag.rules.thread_pool._holding import INFERS, SLEEPS, holds, how
from unlag.rules.thread_pool._limiter import BOUNDED, is_raised, raise_offers
from unlag.rules.view import FunctionView

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
_CATEGORIES = ("blocking", "cpu-heavy")
_ENDING = frozenset({"os._exit", "os.abort", "os.execl", "os.execv", "os.execve", "os.execvp"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every call that holds the thread of an endpoint, dependency or background task."""
    if function.facts.is_async:
        return
    role = _role(function)
    if not role or _ends_process(function):
        return
    for hazard in direct(function, *_CATEGORIES, accepts=holds):
        if not is_raised(function):
            yield function.finding(
                hazard,
                SEVERITY,
                _message(function, role, f"`{hazard.name}`", hazard, function.entry.id),
                sink=hazard.name,
                trail=(function.step(hazard, hazard.name),),
                fixes=fixes_of(function),
            )
    for boundary in boundaries(function, *_CATEGORIES, accepts=holds):
        if not boundary.is_near or is_raised(function):
            continue
        last = boundary.trail[-1]
        holder = f"{last.path}:{last.function}"
        chain = f"`{helper(boundary.edge)}` ({way(boundary)})"
        is_rare = is_one_of_several(function, boundary, holds)
        yield function.finding(
            boundary.edge,
            Severity.INFORMATION if is_rare else boundary.severity(SEVERITY),
            _message(function, role, chain, boundary.hazard, holder),
            sink=boundary.hazard.name,
            trail=boundary.trail,
            fixes=fixes_of(function),
        )


def fixes_of(function: FunctionView) -> tuple[FixOffer, ...]:
    """More threads, set in the lifespan."""
    return raise_offers(function)


def _ends_process(function: FunctionView) -> bool:
    """Whether the function stops or replaces the server's own process."""
    return any(
        callee in _ENDING or (callee == "os.kill" and call.argument(0) == "os.getpid()")
        for call, callee in function.calls()
    )


def _role(function: FunctionView) -> str:
    """What FastAPI calls the function as, empty where it does not, or bounds how often."""
    if threaded_routes(function):
        return f"request to `{function.name}`"
    if is_threaded_dependency(function):
        is_bounded = function.facts.name in function.survey(BOUNDED)
        return "" if is_bounded else f"request that depends on `{function.name}`"
    return f"run of the background task `{function.name}`" if is_background_task(function) else ""


def _message(function: FunctionView, role: str, callee: str, hazard: Hazard, holder: str) -> str:
    kind = how(function, holder, hazard)
    while_ = {
        SLEEPS: "while it sleeps",
        INFERS: "while the model answers",
    }.get(kind, "for as long as the other side takes: it has no timeout")
    remedy = {
        SLEEPS: "Sleep in an `async def` with `await asyncio.sleep(...)`",
        INFERS: "Await the asynchronous client, or give the model a limiter of its own",
    }.get(kind, "Pass `timeout=`")
    if kind == SLEEPS and not hazard.name.endswith("sleep"):
        remedy = "Take a shorter pause, or none"
    return (
        f"Each {role} holds one of the 40 threads in {callee} {while_}. {remedy}, "
        "or raise the thread limiter in the lifespan."
    )
