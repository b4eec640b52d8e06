"""blocking-call-on-loop (LAG101): a call that waits stands in a coroutine on the event loop.

## What it does
Reports calls known to hold their thread until something outside answers (network, database, disk,
process, sleep, a person) where they stand in a coroutine that an endpoint, dependency, middleware,
background task or long-lived task runs on the event loop. A plain `def` counts too where its
framework calls it on the loop itself, as Strawberry does with resolvers, the MCP SDK with tools, and Pydantic
with the validators of request bodies and the serializers of answers: those run on the loop below `def`
endpoints too (seen with fastapi 0.165.0 and pydantic 2.14.4).

## Why it is slow
While one coroutine waits in such a call, the loop serves no other request of that worker. Twenty
concurrent requests that each block for 50 ms took 1.016 s one after the other; awaited they took
0.053 to 0.061 s, as a plain `def` 0.056 s. Under uvicorn at concurrency 20: 19 requests a second
blocking, 190 awaited, 212 as `def`; an innocent request meanwhile waited 227 ms instead of 34 to
46 ms. One cheap file-system call (`stat`, `exists`, `remove`) is a warning: it is short on a local
disk, and is not on a network one.

## Bad
```python
import shutil
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
async def report() -> dict[str, bool]:
    time.sleep(1)  # LAG101
    return {"ready": True}


@app.post("/archive")
async def archive() -> str:
    return shutil.make_archive("/tmp/shop", "zip", "/srv/shop")  # LAG101
```

## Good
```python
import asyncio
import shutil

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


@app.get("/report")
async def report() -> dict[str, bool]:
    await asyncio.sleep(1)
    return {"ready": True}


@app.post("/archive")
async def archive() -> str:
    return await run_in_threadpool(shutil.make_archive, "/tmp/shop", "zip", "/srv/shop")


@app.post("/backup")
def backup() -> str:
    return shutil.make_archive("/tmp/backup", "zip", "/srv/shop")
```

## Not reported
Calls in `def` endpoints and dependencies, which FastAPI runs in its thread pool; functions and
lambdas handed to a thread; start-up and shut-down code; scripts, command lines, migrations and
tests; calls to a database, which are LAG604's; methods that only compute locally, such as
`generate_presigned_url`; receivers whose type is unknown. A call behind `if self.client is None:`
runs once and is information, and so are a cheap call of the file system in an `except` clause, one that waits
for the disk in an `except` of any error (`except Exception:`), and both in a branch that always raises in the
end: something has failed. So are files that the kernel makes up (`/proc`, `/sys`).

## Fix safety
Every fix is unsafe. A counterpart of a library that the project does not use yet, such as `httpx`, has to
be installed. The asynchronous counterpart and the offloaded call both insert an `await`,
where other coroutines get to run; in a thread, context variables set inside are lost. Making the
endpoint a `def` is offered only where its body awaits nothing and no other function calls it; it then
takes one of the 40 thread-pool tokens.

## Sources
Measured with fastapi 0.165.0, uvicorn 0.54.0 and CPython 3.11.7 on two shared cores; the ratios
carry over, the absolute figures do not. FastAPI documentation, "Concurrency and async / await".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.knowledge import Entry
from unlag.project.graph import category_of
from unlag.project.links import Hazard
from unlag.rules import Subject
from unlag.rules.event_loop._boundaries import (
    can_be_plain,
    capitalised,
    counterpart_of,
    counterpart_words,
    direct,
    endpoint_to_def_offers,
    is_no_database,
    offload_offer,
    plain_remedy,
    steps_offer,
)
from unlag.rules.event_loop._failures import is_after_failure
from unlag.rules.event_loop._kernel_files import is_kernel_file
from unlag.rules.event_loop._libraries import has
from unlag.rules.places import chain_to
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.empty_paths import DIFFERS_FOR_EMPTY, is_never_empty

SEVERITY = Severity.ERROR
SUBJECT = (Subject.ON_LOOP, Subject.PLAIN_ON_LOOP)

_WAITS_FOR = {
    "sleep": "while it sleeps",
    "network": "while it waits for the network",
    "database": "while it waits for the database",
    "disk": "while it waits for the disk",
    "metadata": "while it asks the file system",
    "process": "while it waits for a process",
    "input": "while it waits for input",
}


def check(function: FunctionView) -> Iterator[Finding]:
    """Every blocking call that stands in a coroutine on the loop."""
    for hazard in direct(function, "blocking", "metadata", accepts=is_no_database):
        known = function.known(hazard.name, "blocking")
        if known is not None:
            entry = counterpart_of(function, known)
            yield function.finding(
                hazard,
                _severity(function, hazard),
                _message(function, hazard, entry),
                sink=hazard.name,
                trail=(function.step(hazard, hazard.name),),
                fixes=fixes_of(function, hazard, entry),
            )


def fixes_of(function: FunctionView, hazard: Hazard, entry: Entry) -> tuple[FixOffer, ...]:
    """The asynchronous counterpart where it can be written, a thread, and the plain endpoint."""
    if not function.facts.is_async:
        return ()
    others = (*_thread_offers(function, hazard, entry), *endpoint_to_def_offers(function))
    if not entry.counterpart or not entry.rewrite or not _is_called_itself(function, hazard):
        return others
    if hazard.name in DIFFERS_FOR_EMPTY and not _is_of_some_path(function, hazard):
        return others
    title = f"{capitalised(counterpart_words(entry))} instead of `{hazard.name}`"
    arguments = (hazard.name, entry.counterpart, entry.rewrite)
    library = entry.counterpart.partition(".")[0]
    builds_each_time = entry.rewrite == "httpx-client" and hazard.flags & facts.IN_LOOP
    if has(function, library) and builds_each_time:  # a client for every item costs 30 ms
        return (*others, FixOffer(title, Safety.UNSAFE, "async_counterpart", arguments))
    if has(function, library):
        return (FixOffer(title, Safety.UNSAFE, "async_counterpart", arguments), *others)
    title += f" (the project does not use `{library}` yet: it has to be installed)"
    return (*others, FixOffer(title, Safety.UNSAFE, "async_counterpart", arguments))


def _is_of_some_path(function: FunctionView, hazard: Hazard) -> bool:
    """Whether a call is visibly given a path that is not empty."""
    chain = chain_to(function.syntax(function.entry), hazard)
    call = chain[-1] if chain else None
    return isinstance(call, ast.Call) and bool(call.args) and is_never_empty((*chain, call.args[0]))


def _thread_offers(function: FunctionView, hazard: Hazard, entry: Entry) -> tuple[FixOffer, ...]:
    """The call in a thread; where it only begins what a loop waits for, each step of the loop."""
    if entry.form != "iterated":
        return (offload_offer(function, hazard.name),)
    if not hazard.flags & facts.ITERATED:
        return ()
    return (steps_offer(hazard.name),)


def _is_called_itself(function: FunctionView, hazard: Hazard) -> bool:
    """Whether the call names what blocks, and not a `partial` of it that holds arguments of its own."""
    call = function.call_at(hazard)
    if call is None or "." in call.target:
        return call is None or _last(call.target) == _last(hazard.name)
    table = function.index.tables[function.entry.path]
    imported = table.imports.get(call.target, ())
    if imported:
        return any(_last(item.attribute) == _last(hazard.name) for item in imported)
    return call.target == _last(hazard.name)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _severity(function: FunctionView, hazard: Hazard) -> Severity:
    if hazard.flags & facts.ONCE or is_after_failure(function, hazard, hazard):
        return Severity.INFORMATION
    if is_kernel_file(function.index, function.entry.id, hazard):
        return Severity.INFORMATION
    return Severity.WARNING if category_of(hazard) == "metadata" else Severity.ERROR


def _message(function: FunctionView, hazard: Hazard, entry: Entry) -> str:
    if entry.form == "iterated":
        return _iterated_message(function, hazard, entry)
    meanwhile = _WAITS_FOR.get(hazard.cost, "")
    what = f"`{hazard.name}` blocks the event loop {meanwhile}."
    if hazard.flags & facts.ONCE:
        what = f"`{hazard.name}` blocks the event loop once, on the first call."
    if not function.facts.is_async:
        return f"{what} {plain_remedy(function)}"
    if entry.counterpart:
        other = capitalised(counterpart_words(entry))
        return f"{what} {other}, or run it with `{function.offload_style}`."
    if can_be_plain(function):
        return f"{what} Make `{function.name}` a plain `def`, or use `{function.offload_style}`."
    return f"{what} Run it with `await {function.offload_style}(...)`."


def _iterated_message(function: FunctionView, hazard: Hazard, entry: Entry) -> str:
    """What to say where not the call waits, but whoever goes through what it gives."""
    owner, _, step = hazard.name.rpartition(".")
    given = f"a `{owner}`" if step in ("__iter__", "__next__") else f"what `{hazard.name}` gives"
    what = f"Going through {given} blocks the event loop {_WAITS_FOR.get(hazard.cost, '')}."
    if not function.facts.is_async:
        return f"{what} {plain_remedy(function)}"
    if entry.counterpart:
        other = counterpart_words(entry).replace("await", "loop with `async for` over")
        return f"{what} {capitalised(other)}, or over `iterate_in_threadpool(...)`."
    if can_be_plain(function):
        return f"{what} Make `{function.name}` a plain `def`, or loop over `iterate_in_threadpool(...)`."
    return f"{what} Loop with `async for` over `iterate_in_threadpool(...)`."
