"""dropped-task (LAG107): a task is started and nobody keeps it.

## What it does
Reports `asyncio.create_task`, `loop.create_task`, `asyncio.ensure_future` and `asyncio.gather`
whose result is dropped, assigned to `_`, or given a name that nothing uses, or only to add callbacks, before the
function ends; in plain functions that serve requests too.

## Why it is slow
The event loop holds its tasks by weak references only. A task that nobody else holds can be
collected before it is done: in a measurement an unreferenced pending task was. Its work then just
stops, and its exceptions are never seen.

## Bad
```python
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def send(text: str) -> None:
    print(text)


@app.post("/send")
async def accept(text: str) -> None:
    asyncio.create_task(send(text))  # LAG107
```

## Good
```python
import asyncio

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
running: set[asyncio.Task[None]] = set()


async def send(text: str) -> None:
    print(text)


@app.post("/kept")
async def kept(text: str) -> None:
    task = asyncio.create_task(send(text))
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/after")
async def after(text: str, tasks: BackgroundTasks) -> None:
    tasks.add_task(send, text)
```

## Not reported
Tasks whose name is awaited, passed on, returned, stored or cancelled, or lives while the function waits for
something else; a `gather` of tasks that were
started before, or of what cannot be read;
`TaskGroup.create_task` and
`start_soon`, whose group keeps them; receivers whose type is unknown.

## Fix safety
Unsafe: the task is kept in a set of the module until it is done, so it now runs to its end.

## Sources
Python documentation, `asyncio.create_task`: "Save a reference to the result of this function".
Seen with CPython 3.11.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.event_loop._forgotten import only_gets_callbacks, with_callback
from unlag.rules.needs import calls_of
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call, is_keyword
from unlag.source.paths import UNKNOWN

SEVERITY = Severity.WARNING
SUBJECT = (Subject.COROUTINE, Subject.REQUEST)
NEEDS = calls_of("schedule")
_TASKS = ("create_task(", "ensure_future(", "(?)")


def check(function: FunctionView) -> Iterator[Finding]:
    """Every task that is started here and dropped."""
    for call, callee in function.calls():
        if not callee or ":" in callee:
            continue
        if not any(entry.drops for entry in function.knowledge.entries(callee)):
            continue
        if not _is_dropped(function, call):
            continue
        name = function.knowledge.canonical(callee)
        if name == "asyncio.gather" and not _starts_tasks(function, call):
            continue
        message = (
            f"Nobody keeps the task that `{call.target}` starts, so it can be collected before it is "
            "done. Keep it in a set until then, or use a task group."
        )
        yield function.finding(
            call,
            SEVERITY,
            message,
            sink=name,
            trail=(function.step(call, name),),
            fixes=() if call.flags & facts.CONSUMED else fixes_of(),
        )


def fixes_of() -> tuple[FixOffer, ...]:
    """A set of the module that keeps the task."""
    title = "Keep the task in a module-level set until it is done"
    return (FixOffer(title, Safety.UNSAFE, "keep_task", ()),)


def _is_dropped(function: FunctionView, call: Call) -> bool:
    if call.flags & facts.STATEMENT:
        return True
    if call.flags & facts.CONSUMED:
        return with_callback(function, call)
    if not call.flags & facts.ASSIGNED or call.flags & facts.AWAITED:
        return False
    given = [b for b in function.facts.bindings if b.line == call.line and b.path[-1:] == ")"]
    if len(given) != 1:
        return False
    return given[0].name == "_" or only_gets_callbacks(function, given[0].name, call)


def _starts_tasks(function: FunctionView, gather: Call) -> bool:
    """Whether a gather is given a coroutine, which only the task it makes keeps: no tasks, nothing unknown."""
    return any(
        _is_coroutine(function, argument.lstrip("*"))
        for argument in gather.arguments
        if not is_keyword(argument)
    )


def _is_coroutine(function: FunctionView, path: str) -> bool:
    if path.isidentifier():
        given = [b.path for b in function.facts.bindings if b.name == path]
        path = given[-1] if given else UNKNOWN
    return "(" in path and not any(word in path for word in _TASKS)
