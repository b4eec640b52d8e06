"""client-per-request (LAG701): a client is built anew for every request.

## What it does
Reports clients of HTTP, cloud, Redis, MongoDB, LLM and search services that are built by a route function, a
dependency, a middleware or a background task, or by functions these call, in whatever file. Also the
functions of `httpx` itself, such as `httpx.get`, in plain functions: each call builds a client. In a coroutine
LAG101 reports them.

## Why it is slow
A client keeps connections open, so that the next call needs no new one; a client that lives as long as
one request keeps none. Building an `httpx` client also reads the certificates of all authorities:
28 to 32 ms of CPU each, on the event loop if it is built there (`httpx` 0.28.1 and `httpx2` 2.16.2, Python 3.11
and 3.13). With `verify=False` it is 0.34 to 0.39 ms. A server on loopback answered 53.7 requests a second with one
client and 11.9 with a client a request.

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/weather")
async def weather(town: str) -> str:
    async with httpx.AsyncClient(timeout=5) as client:  # LAG701
        answer = await client.get("https://weather.example", params={"town": town})
    return answer.text
```

## Good
```python
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with httpx.AsyncClient(timeout=5) as client:
        app.state.http_client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/weather")
async def weather(town: str, request: Request) -> str:
    client = request.app.state.http_client
    answer = await client.get("https://weather.example", params={"town": town})
    return answer.text
```

## Not reported
Clients made at import, in the lifespan, under `lru_cache` or another cache, behind `if x is None: x = ...`,
or put into a container or attribute that outlives the request; options that differ from request to request,
such as a tenant's address, key or proxy, also where they are set afterwards (`session.headers.update`);
`httpx` clients that are given a `transport`, or a `verify` other than a plain true or false: a shared
`ssl.SSLContext` takes the cost away; websockets, which stay open; scripts and tests.

## Fix safety
Unsafe. The client moves into the lifespan and is shared from then on: its cookies, its connection limits and
what one request changes of it are seen by all others. Where the function cannot ask the application for it, as in
helpers and methods, it moves into a function under `@lru_cache`: nothing closes it before the process ends, and it
belongs to the event loop that used it first, so tests with a loop each have to clear that cache. Options that differ
from request to request, such as a time-out, go to each call of the client; `httpx.get` becomes a method of one.

## Sources
HTTPX documentation, "Clients"; encode/httpx issues 2298 and 3627; measured with httpx 0.28.1, Python 3.11.7.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from unlag.finding import Finding, FixOffer, Severity
from unlag.knowledge import Entry
from unlag.rules import Subject
from unlag.rules.needs import calls_of
from unlag.rules.reuse._constants import Constants
from unlag.rules.reuse._kept import configuration, is_kept
from unlag.rules.reuse._requests import is_each_time, runs_each_request
from unlag.rules.reuse._sharing import offers, offers_of_call
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call, passed_value
from unlag.source.paths import root

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
NEEDS = calls_of("client")
_ANY = "*"
_NAMED = facts.ENTERED | facts.ASYNC_ENTERED | facts.ASSIGNED


def check(function: FunctionView) -> Iterator[Finding]:
    """Every client that the function builds whenever it runs."""
    for call, callee in function.calls():
        if not callee or ":" in callee:
            continue
        client = function.known(callee, "client")
        if client is None or _is_spared(client, call) or _is_for_websocket(function, client):
            continue
        if is_each_time(call):
            yield from (_asked if _ANY in client.each_call else _built)(function, call, client)


def fixes_of(
    function: FunctionView, call: Call, client: Entry, varying: tuple[str, ...] = ()
) -> tuple[FixOffer, ...]:
    """The client in the lifespan, where the function can ask for it there, or in a cached function."""
    return offers(function, call, client, varying)


def _is_spared(client: Entry, call: Call) -> bool:
    if any(call.keyword(name) not in (None, "None") for name in client.spares):
        return True
    if any(argument.startswith("**") for argument in call.arguments):
        return True
    return client.cost == "tls" and call.keyword("verify") not in (None, "True", "False")


def _is_for_websocket(function: FunctionView, client: Entry) -> bool:
    """Whether nothing but a websocket is opened with the client: it has a connection of its own anyway."""
    name = f"{function.knowledge.canonical(client.name)}."
    used = {callee.removeprefix(name) for _, callee in function.calls() if callee.startswith(name)}
    return "ws_connect" in used and used <= {"close", "ws_connect"}


def _asked(function: FunctionView, call: Call, client: Entry) -> Iterator[Finding]:
    """A function of the library that builds a client of its own, such as `httpx.get`."""
    # in coroutines it blocks the loop: that is the worse fault, and has a rule of its own
    if not function.facts.is_async and runs_each_request(function):
        yield _finding(function, call, client, fixes=offers_of_call(function, call))


def _built(function: FunctionView, call: Call, client: Entry) -> Iterator[Finding]:
    if call.flags & facts.CONDITIONAL and _is_fallback(function, call):
        return
    if not runs_each_request(function):
        return
    found = _options(function, call)
    if found is None or not set(found.varying) <= set(client.each_call):
        return
    if found.varying and not call.flags & _NAMED:
        return  # whoever is given the client cannot be told what to add to each call
    is_own = found.is_configured or _is_given_own(function, call, found.varying)
    fixes = () if is_own else fixes_of(function, call, client, found.varying)
    yield _finding(function, call, client, found.varying, fixes)


def _finding(
    function: FunctionView,
    call: Call,
    client: Entry,
    varying: tuple[str, ...] = (),
    fixes: tuple[FixOffer, ...] = (),
) -> Finding:
    name = function.knowledge.canonical(client.name)
    return function.finding(
        call,
        _severity(client, call),
        _message(function, call, client, varying),
        sink=name,
        trail=(function.step(call, name),),
        fixes=fixes,
    )


def _is_given_own(function: FunctionView, call: Call, varying: tuple[str, ...]) -> bool:
    """Whether one more option comes from a parameter, which nobody has where the application starts."""
    names = {item.name for item in function.facts.parameters}
    lasting = (item for item in call.arguments if item.partition("=")[0] not in varying)
    return any(root(passed_value(argument)) in names for argument in lasting)


def _is_fallback(function: FunctionView, call: Call) -> bool:
    """Whether the client only stands in for one that the caller can give: `client or Client()`."""
    names = {item.name for item in function.facts.parameters}
    return any(
        binding.name in names and call.line == binding.line for binding in function.facts.bindings
    )


class _Options(NamedTuple):
    varying: tuple[str, ...]
    """Those that differ from request to request."""
    is_configured: bool
    """Whether the client is given more after it was made, or comes from something made before."""


def _options(function: FunctionView, call: Call) -> _Options | None:
    """The options of a client; None where it is kept, unreadable, or made one of a kind after it was made."""
    syntax = function.syntax(function.entry)
    if syntax is None:
        return None
    constants = Constants(function, syntax)
    node = constants.call_at(call)
    if node is None or is_kept(syntax.node, node):
        return None
    given = list(configuration(syntax.node, node))
    if not all(constants.is_constant(item) for item in given):
        return None
    if isinstance(node.func, ast.Attribute) and not constants.is_constant(node.func.value):
        if not _is_session(node.func):
            return None
    is_of_local = root(call.target) in {item.name for item in function.facts.bindings}
    return _Options(constants.varying(node), bool(given) or is_of_local)


def _is_session(callee: ast.Attribute) -> bool:
    """Whether the client comes from a session made on the spot: `aioboto3.Session().client`."""
    value = callee.value
    return isinstance(value, ast.Call) and not value.args and not value.keywords


def _severity(client: Entry, call: Call) -> Severity:
    is_costly = client.cost == "tls" and call.keyword("verify") != "False"
    return Severity.ERROR if is_costly else SEVERITY


def _message(function: FunctionView, call: Call, client: Entry, varying: tuple[str, ...]) -> str:
    what = f"`{call.target}`"
    if _severity(client, call) is Severity.ERROR:
        why = "about 30 ms of CPU for the certificates, and no connection is kept for the next one"
    else:
        why = "no connection is kept for the next one"
    if _ANY in client.each_call:
        do = "Keep one client for the application and call its methods"
    else:
        do = "Build one client for the application, in its lifespan"
        if varying:
            options = ", ".join(f"`{name}`" for name in varying)
            do += f", and pass {options} with each call"
    return f"{what} builds a client for every request that runs `{function.name}`: {why}. {do}."
