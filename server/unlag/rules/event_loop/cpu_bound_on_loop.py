"""cpu-bound-on-loop (LAG103): the event loop computes for long.

## What it does
Reports calls known to burn CPU where a coroutine on the event loop makes them, itself or through
plain functions: errors for password hashing and key derivation, images, PDF, data frames and model
inference; warnings for the rest, and there only where much is seen to be computed: a whole request
body or upload decompressed or parsed, a list of rows rendered by a template, gzip at its slowest level, a page
parsed by Beautiful Soup, a token signed with an RSA key that is handed over as text.

## Why it is slow
While one coroutine computes, the loop serves no other request of that worker. Four computations of
150 ms in `async def` endpoints block it fully. In threads the same took 0.64 s altogether, since
threads share the interpreter lock (GIL), but the loop went on answering: its turns grew from 2 to
17 ms. gzip of 168 KB takes 9.4 to 9.8 ms at level 9, the default of `gzip.compress` and of
`GZipMiddleware`, and 1.2 ms at level 5.

A thread is enough for code that lets go of the lock, as bcrypt, hashlib and most of Pillow and
NumPy do: the longest stop of the loop was 0 to 5 % of the time they took. Pure Python hands the lock
over every 5 ms; where the loop must answer faster, it wants a process pool: `await
loop.run_in_executor(process_pool, compute, data)`.

`json`, `pickle` and pandas' `to_json` keep the lock until they are done: in a thread, the loop stood
still for 97 to 100 % of their time, and for 83 % of that of `to_json` (60 000 records, 4 MB of JSON,
take 180 ms to read). No thread is offered for them, and as FastAPI decodes bodies on the loop itself, a whole
body that is decoded so is information. What helps is less at once: a bound on the size of bodies.

## Bad
`app/security.py`
```python
import bcrypt


def hash_password(password: str) -> bytes:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt())
```
`app/main.py`
```python
import gzip

from fastapi import FastAPI, Request
from pydantic import BaseModel

from app.security import hash_password

app = FastAPI()
users: dict[str, bytes] = {}


class Account(BaseModel):
    name: str
    password: str


@app.post("/register")
async def register(account: Account) -> None:
    users[account.name] = hash_password(account.password)  # LAG103


@app.post("/events")
async def events(request: Request) -> int:
    found = gzip.decompress(await request.body())  # LAG103
    return len(found)
```

## Good
`app/security.py`
```python
import bcrypt


def hash_password(password: str) -> bytes:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt())
```
`app/main.py`
```python
import gzip

import bcrypt
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from app.security import hash_password

app = FastAPI()
users: dict[str, bytes] = {}


class Account(BaseModel):
    name: str
    password: str


@app.post("/register")
async def register(account: Account) -> None:
    users[account.name] = await run_in_threadpool(hash_password, account.password)


@app.post("/login")
def login(account: Account) -> bool:
    return bcrypt.checkpw(account.password.encode(), users[account.name])


@app.post("/events")
async def events(request: Request) -> int:
    found = await run_in_threadpool(gzip.decompress, await request.body())
    return len(found)
```

## Not reported
HMAC and small digests, JWT with a shared key; JSON, pickle and compression of anything but a whole
body, unless gzip runs at level 9, and of a webhook's, whose signature is checked; templates that are
given no list of rows or objects; `def` endpoints and dependencies; functions handed to a thread or a
process; bodies that FastAPI decodes for a parameter such as `events: list[Event]`, which it does on the
loop as well; start-up code, scripts and tests; receivers whose type is unknown. A way that is
remembered is information, and so is one through one of eight or more implementations of an interface,
of which fewer than a quarter work so hard, or through one of eight or more cases that tell the type of
an object.

## Fix safety
Every fix is unsafe. Offloading inserts an `await`, where other coroutines get to run, and context
variables set in the helper are lost. Making the endpoint a `def` is offered only where its body
awaits nothing and no other function calls it.

## Sources
Measured with fastapi 0.165.0 and CPython 3.11.7 on two shared cores; the ratios carry over, the
absolute figures do not. `tests/bench/threads.py` measures which computations a thread helps with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.links import Hazard
from unlag.rules import Subject
from unlag.rules.event_loop._alternatives import is_one_case_of_many, is_one_of_many
from unlag.rules.event_loop._boundaries import (
    Boundary,
    boundaries,
    direct,
    endpoint_to_def_offers,
    helper,
    is_lazy,
    needs_loop,
    offers,
    offload_offer,
    remedy,
    steps_offer,
    way,
    written,
)
from unlag.rules.event_loop._weight import is_much
from unlag.rules.view import FunctionView
from unlag.source import facts

SEVERITY = Severity.ERROR
SUBJECT = (Subject.ON_LOOP, Subject.PLAIN_ON_LOOP)

_CATEGORIES = ("cpu-heavy", "cpu-light")


def check(function: FunctionView) -> Iterator[Finding]:
    """Every computation that a coroutine on the loop makes or leads to."""
    for hazard in direct(function, *_CATEGORIES, accepts=is_much):
        once = hazard.flags & facts.ONCE
        yield function.finding(
            hazard,
            Severity.INFORMATION if once else _severity(function, hazard),
            _direct_message(function, hazard),
            sink=hazard.name,
            trail=(function.step(hazard, hazard.name),),
            fixes=_direct_fixes(function, hazard),
        )
    for boundary in boundaries(function, *_CATEGORIES, accepts=is_much):
        severity = boundary.severity(_severity(function, boundary.hazard))
        if is_one_of_many(function, boundary, is_much) or is_one_case_of_many(function, boundary):
            severity = Severity.INFORMATION
        if severity is Severity.INFORMATION and boundary.hazard.cost == "light":
            continue
        yield function.finding(
            boundary.edge,
            severity,
            _helper_message(function, boundary),
            sink=boundary.hazard.name,
            trail=boundary.trail,
            fixes=_helper_fixes(function, boundary),
        )


def fixes_of(function: FunctionView, callee: str, through: str = "") -> tuple[FixOffer, ...]:
    """A thread, with a word on the GIL, and the plain endpoint."""
    if not function.facts.is_async:
        return ()
    found = list(endpoint_to_def_offers(function))
    if through != "context manager":
        offer = offload_offer(function, callee)
        title = f"{offer.title} (threads share the GIL: pure Python wants a process pool)"
        found.insert(0, FixOffer(title, Safety.UNSAFE, offer.kind, offer.arguments))
    return tuple(found)


def _direct_fixes(function: FunctionView, hazard: Hazard) -> tuple[FixOffer, ...]:
    entry = function.known(hazard.name, "cpu")
    if entry is not None and entry.keeps_lock:
        return ()
    if entry is None or entry.form != "iterated" or not function.facts.is_async:
        return fixes_of(function, written(function, hazard))
    # in a thread, the call would only begin what the loop does
    steps = (steps_offer(hazard.name),) if hazard.flags & facts.ITERATED else ()
    return (*steps, *endpoint_to_def_offers(function))


def _helper_fixes(function: FunctionView, boundary: Boundary) -> tuple[FixOffer, ...]:
    edge = boundary.edge
    if _keeps_lock(function, boundary.hazard):
        return ()
    if needs_loop(function, edge.target):
        return endpoint_to_def_offers(function)
    if function.facts.is_async and not edge.through and is_lazy(function, edge.target):
        return offers(function, edge)
    return fixes_of(function, helper(boundary.edge), boundary.edge.through)


def _severity(function: FunctionView, hazard: Hazard) -> Severity:
    if hazard.cost == "heavy":
        return Severity.ERROR
    # FastAPI decodes the bodies of all other endpoints on the loop as well
    return Severity.INFORMATION if _keeps_lock(function, hazard) else Severity.WARNING


def _keeps_lock(function: FunctionView, hazard: Hazard) -> bool:
    """Whether the loop would stand still for a thread that computes it, too."""
    entry = function.known(hazard.name, "cpu")
    return entry is not None and entry.keeps_lock


def _direct_message(function: FunctionView, hazard: Hazard) -> str:
    cure = remedy(function, written(function, hazard))
    if hazard.flags & facts.ONCE:
        return f"`{hazard.name}` keeps the event loop busy once, on the first call. {cure}"
    entry = function.known(hazard.name, "cpu")
    figure = _figure(entry.note) if entry is not None else ""
    if _keeps_lock(function, hazard):
        cure = _less_at_once(hazard)
    return f"`{hazard.name}` keeps the event loop busy{figure}. {cure}"


def _helper_message(function: FunctionView, boundary: Boundary) -> str:
    name = helper(boundary.edge)
    once = " once, then remembers" if boundary.once else ""
    cure = remedy(function, name, boundary.edge.through, boundary.edge.target)
    if _keeps_lock(function, boundary.hazard):
        cure = _less_at_once(boundary.hazard)
    return f"`{name}` keeps the event loop busy{once}: {way(boundary)}. {cure}"


def _less_at_once(hazard: Hazard) -> str:
    is_body = hazard.cost == "light"
    cure = "Refuse bodies above a size you choose." if is_body else "Give it less at once."
    return f"A thread is no help, as it never lets go of the interpreter lock. {cure}"


def _figure(note: str) -> str:
    """The part of a note that has a figure, as an insertion; empty where none has."""
    for part in re.split(r": |; |\. ", note.rstrip(".")):
        if re.search(r"\d", part):
            return f" ({part})"
    return ""
