"""work-before-response (LAG501): the response waits for a message that it does not need.

## What it does
Reports mails, chat messages, webhooks, push messages, analytics and audit events that a route function sends
as the last thing before it returns, without using what comes of it.

## Why it is slow
Whoever asked waits until the other side has taken the message. A background task runs after the response:
clients had it after 3 to 8 ms, whatever the task did then (FastAPI 0.95 and 0.165).

## Bad
```python
import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


async def notify(text: str) -> None:
    await client.post("https://chat.example", json={"text": text})


@app.post("/orders")
async def order(name: str) -> str:
    await notify(f"an order from {name}")  # LAG501
    return "thank you"
```

## Good
```python
import httpx
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
client = httpx.AsyncClient()


async def notify(text: str) -> None:
    await client.post("https://chat.example", json={"text": text})


@app.post("/orders")
async def order(name: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(notify, f"an order from {name}")
    return "thank you"
```

## Not reported
Messages whose result or exception is used, that stand inside of a `with` block such as a transaction, or that are
followed by more work, a commit or another request included; rows that the request's own session writes, as for an
outbox; functions whose name does not speak of sending, and those that are not seen to reach a network.

## Fix safety
Unsafe: the message goes out after the response, and if it cannot be sent, the response does not say so.

## Sources
FastAPI documentation, "Background Tasks"; measured with FastAPI 0.95 and 0.165.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.syntax import FunctionSyntax
from unlag.project.values import External, Function, each
from unlag.rules import Subject
from unlag.rules.background._work import is_slow, sends
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call, is_keyword

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.ENDPOINT
_WORDS = frozenset(
    {"send", "notify", "notifier", "notification", "notifications", "tell", "mail", "email", "mailer", "sms",
     "push", "webhook", "track", "audit", "broadcast", "announce", "alert", "warm", "telemetry", "analytics"}
)  # fmt: skip
_OTHER_WORDS = frozenset(
    {"check", "verify", "validate", "ensure", "require", "schedule", "enqueue", "queue", "request", "access"}
)  # fmt: skip
"""Of functions that say no by an exception, that send nothing themselves, or that ask."""
_STORES = frozenset({"commit", "flush", "execute", "save", "rollback"})
"""What must be done before anybody is told of it."""
_OFFLOADERS = frozenset({"asyncio.to_thread", "starlette.concurrency.run_in_threadpool"})
_SPLIT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def check(function: FunctionView) -> Iterator[Finding]:
    """The messages that a route function sends right before it returns."""
    for call, callee in function.calls():
        if not call.flags & (facts.STATEMENT | facts.AWAITED) or not callee:
            continue
        if not _is_route(function):
            return
        if _never_runs(function, call, callee):
            continue
        handed = _handed_to_thread(function, call, callee)
        is_sent = any(_is_sent(function, name) for name in handed or (callee,))
        if is_sent and _is_last(function, call):
            yield _finding(function, call, is_offloaded=bool(handed))


def fixes_of(*, is_offloaded: bool) -> tuple[FixOffer, ...]:
    """A background task."""
    title = "Send it in a background task, after the response"
    arguments = ("offloaded",) if is_offloaded else ()
    return (FixOffer(title, Safety.UNSAFE, "background_task", arguments),)


def _never_runs(function: FunctionView, call: Call, callee: str) -> bool:
    """Whether the call only makes a coroutine, which nobody awaits."""
    if call.flags & facts.AWAITED:
        return False
    if ":" in callee:
        return function.index.is_async(callee)
    is_coroutine = function.known(callee, "awaitable") is not None
    return is_coroutine or bool(_handed_to_thread(function, call, callee))


def _handed_to_thread(function: FunctionView, call: Call, callee: str) -> tuple[str, ...]:
    """What a call such as `run_in_threadpool(send, text)` runs; empty for all other calls."""
    if function.knowledge.canonical(callee) not in _OFFLOADERS or not call.arguments:
        return ()
    path = call.arguments[0]
    if path[0] in "'#*" or is_keyword(path):
        return ()
    handed = each(function.resolve(path, call.line))
    return tuple(
        item.id if isinstance(item, Function) else item.name
        for item in handed
        if isinstance(item, Function | External)
    )


def _speaks_of_sending(callee: str) -> bool:
    names = callee.rpartition(":")[2].split(".")[-2:]
    words = [word.lower() for name in names for word in _SPLIT.findall(name)]
    return not _WORDS.isdisjoint(words) and _OTHER_WORDS.isdisjoint(words)


def _is_route(function: FunctionView) -> bool:
    routes = function.index.routes.by_function.get(function.entry.id, ())
    return any(route.label == "route" for route in routes)


def _is_sent(function: FunctionView, callee: str) -> bool:
    if ":" not in callee:
        return function.known(callee, "send") is not None
    is_function = function.index.function(callee) is not None
    return is_function and _speaks_of_sending(callee) and sends(function, callee)


def _is_last(function: FunctionView, call: Call) -> bool:
    """Whether nothing but a plain `return` follows the call, and nobody looks at its exceptions."""
    syntax = function.syntax(function.entry)
    return syntax is not None and _ends(function, syntax, syntax.node.body, call)


def _ends(
    function: FunctionView, syntax: FunctionSyntax, block: list[ast.stmt], call: Call
) -> bool:
    for index, statement in enumerate(block):
        site = syntax.site(statement)
        if (
            not (site.line, site.column)
            <= (call.line, call.column)
            < (site.end_line, site.end_column)
        ):
            continue
        if not all(_is_plain(function, syntax, other) for other in block[index + 1 :]):
            return False
        if isinstance(statement, ast.If):
            inner = [*statement.body, *statement.orelse]
            return _ends(function, syntax, statement.body, call) or (
                bool(inner) and _ends(function, syntax, statement.orelse, call)
            )
        return _is_only(syntax, statement, call)
    return False


def _is_only(syntax: FunctionSyntax, statement: ast.stmt, call: Call) -> bool:
    """Whether a statement is nothing but the call, awaited or not."""
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    site = syntax.site(value)
    return (site.line, site.column) == (call.line, call.column) and isinstance(value, ast.Call)


def _is_plain(function: FunctionView, syntax: FunctionSyntax, statement: ast.stmt) -> bool:
    """Whether a statement is another message of its own, a small call, or returns without waiting for anything."""
    match statement:
        case ast.Return(value=value):
            return value is None or not any(isinstance(n, ast.Await) for n in ast.walk(value))
        case ast.Expr(value=ast.Await(value=ast.Call() as node)):
            return any(_is_sent(function, callee) for callee in _called(function, syntax, node))
        case ast.Expr(value=ast.Call() as node):
            name = ast.unparse(node.func).rpartition(".")[2]
            return name not in _STORES and not any(
                is_slow(function, callee) and not _is_sent(function, callee)
                for callee in _called(function, syntax, node)
                if ":" in callee
            )
    return False


def _called(function: FunctionView, syntax: FunctionSyntax, node: ast.Call) -> Iterator[str]:
    """What a call of the function calls, and what it hands to a thread."""
    site = syntax.site(node)
    place = (site.line, site.column, site.end_line, site.end_column)
    for call, callee in function.calls():
        if callee and (call.line, call.column, call.end_line, call.end_column) == place:
            yield from _handed_to_thread(function, call, callee) or (callee,)


def _finding(function: FunctionView, call: Call, *, is_offloaded: bool) -> Finding:
    sent = call.arguments[0] if is_offloaded else call.target
    message = (
        f"The response waits until `{sent}` is done, and does not use what comes of it. Add it to "
        "`BackgroundTasks`: it then runs after the response."
    )
    return function.finding(
        call, SEVERITY, message, sink=sent, fixes=fixes_of(is_offloaded=is_offloaded)
    )
