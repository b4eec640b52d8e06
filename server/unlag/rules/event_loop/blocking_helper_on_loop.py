"""blocking-helper-on-loop (LAG102): a coroutine on the event loop calls a function that ends up waiting.

## What it does
Reports calls from a coroutine on the event loop to a plain function, method, constructor,
property, context manager or decorator's wrapper of the project from which a blocking call is
reached, over any number of functions and files, and functions that it hands to the loop itself
(`loop.call_later`, `task.add_done_callback`). The squiggle stands at the boundary, where the
coroutine leaves for blocking code: that is the place to change. The message names the whole way.

## Why it is slow
The cost is that of the blocking call at the end of the way: while it waits, the loop serves no
other request of that worker. Twenty concurrent requests that each block for 50 ms took 1.016 s one
after the other, and 0.056 s from threads.

## Bad
`app/users.py`
```python
import requests


def load_user(user_id: int) -> dict[str, str]:
    return fetch(f"https://users.example/{user_id}")


def fetch(url: str) -> dict[str, str]:
    answer: dict[str, str] = requests.get(url, timeout=5).json()
    return answer
```
`app/main.py`
```python
from fastapi import FastAPI

from app.users import load_user

app = FastAPI()


@app.get("/users/{user_id}")
async def read_user(user_id: int) -> dict[str, str]:
    return load_user(user_id)  # LAG102
```

## Good
`app/users.py`
```python
import requests


def load_user(user_id: int) -> dict[str, str]:
    return fetch(f"https://users.example/{user_id}")


def fetch(url: str) -> dict[str, str]:
    answer: dict[str, str] = requests.get(url, timeout=5).json()
    return answer
```
`app/main.py`
```python
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from app.users import load_user

app = FastAPI()


@app.get("/users/{user_id}")
async def read_user(user_id: int) -> dict[str, str]:
    return await run_in_threadpool(load_user, user_id)
```

## Not reported
Callees that cannot be resolved; helpers handed to a thread, also through wrappers of the project's
own; `def` endpoints and dependencies; start-up code, scripts and tests; ways that end at a database,
which are LAG604's; branches that a constant argument, or one that is left to its default, rules
out (`load(path)` where `load` returns before it blocks `if not refresh`). A way that is remembered
(`lru_cache`, `cached_property`, `if self.client is None:`) is information; so is one that goes on
only in branches of two or more of the functions behind the boundary, or in a branch for certain texts
within another (`if name.startswith("oidc/"):`, then `if provider == "file":`), or for Windows, or through one
of eight or more implementations of an interface, fewer than a quarter of which block, one cheap file-system call
(`stat`, `exists`) that only an `except` clause leads to, and whatever waits for the disk only, behind an `except` of
any error (`except Exception:`) or in a branch that always raises in the end: something has failed. Behind the
boundary, such a branch makes anything information. So are files that the kernel makes up (`/proc`, `/sys`), and
those with a name of their own in the module that are made where there are none (`if STATE.exists(): return ...`).

## Fix safety
Every fix is unsafe. Offloading inserts an `await`, where other coroutines get to run, and context
variables set in the helper are lost. Making the endpoint a `def` is offered only where its body
awaits nothing and no other function calls it.

## Sources
Measured with fastapi 0.165.0, uvicorn 0.54.0 and CPython 3.11.7 on two shared cores; the ratios
carry over, the absolute figures do not.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Severity
from unlag.project.graph import category_of
from unlag.rules import Subject
from unlag.rules.event_loop._alternatives import is_one_of_many
from unlag.rules.event_loop._boundaries import (
    Boundary,
    boundaries,
    helper,
    is_database,
    offers,
    remedy,
    way,
)
from unlag.rules.event_loop._failures import is_after_failure
from unlag.rules.event_loop._kernel_files import ends_at_kernel_file, past_kernel_files
from unlag.rules.view import FunctionView
from unlag.source import facts

SEVERITY = Severity.ERROR
SUBJECT = (Subject.ON_LOOP, Subject.PLAIN_ON_LOOP)


def check(function: FunctionView) -> Iterator[Finding]:
    """Every call in a coroutine on the loop that leads to a blocking call."""
    for found in boundaries(function, "blocking", "metadata"):
        if is_database(found.hazard):
            continue  # LAG604 says more about it
        is_made_up = ends_at_kernel_file(function, found)
        past = past_kernel_files(function, found) if is_made_up else None
        boundary = past or found
        yield function.finding(
            boundary.edge,
            Severity.INFORMATION if is_made_up and past is None else _severity(function, boundary),
            _message(function, boundary),
            sink=boundary.hazard.name,
            trail=boundary.trail,
            fixes=fixes_of(function, boundary),
        )


def fixes_of(function: FunctionView, boundary: Boundary) -> tuple[FixOffer, ...]:
    """A thread at the boundary, and the plain endpoint."""
    return offers(function, boundary.edge)


def _severity(function: FunctionView, boundary: Boundary) -> Severity:
    if is_one_of_many(function, boundary):
        return Severity.INFORMATION
    if is_after_failure(function, boundary.edge, boundary.hazard):
        return Severity.INFORMATION
    is_cheap = category_of(boundary.hazard) == "metadata"
    if is_cheap and boundary.hazard.flags & facts.IN_EXCEPT:
        return Severity.INFORMATION
    return boundary.severity(Severity.WARNING if is_cheap else Severity.ERROR)


def _message(function: FunctionView, boundary: Boundary) -> str:
    name = helper(boundary.edge)
    verb = (
        "blocks the event loop once, then remembers" if boundary.once else "blocks the event loop"
    )
    cure = remedy(function, name, boundary.edge.through, boundary.edge.target)
    return f"`{name}` {verb}: {way(boundary)}. {cure}"
