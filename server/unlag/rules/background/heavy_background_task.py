"""heavy-background-task (LAG502): a background task works the CPU hard, in the process that answers requests.

## What it does
Reports `BackgroundTasks.add_task` and `BackgroundTask` with a function that comes to heavy work for the CPU: images,
PDF, data frames, model inference, password hashing; directly, through helpers, or in a thread.

## Why it is slow
A background task runs after the response, in the same process. As a coroutine it holds the event loop: a
blocking call of 300 ms stalled every other request for as long. As a plain function it takes one of the 40 threads and
shares the GIL: 40 plain tasks made an endpoint of 50 ms take 229 to 237 (FastAPI 0.165, Python 3.11).

## Bad
```python
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI
from PIL import Image

app = FastAPI()


def shrink(path: Path) -> None:
    Image.open(path).resize((64, 64)).save(path)


@app.post("/shrink", status_code=202)
async def accept(path: Path, tasks: BackgroundTasks) -> None:
    tasks.add_task(shrink, path)  # LAG502
```

## Good
```python
from pathlib import Path

from celery import Celery
from fastapi import FastAPI
from PIL import Image

app = FastAPI()
queue = Celery(broker="redis://queue")


@queue.task
def shrink(path: str) -> None:
    Image.open(path).resize((64, 64)).save(path)


@app.post("/shrink", status_code=202)
def accept(path: Path) -> None:
    shrink.delay(str(path))
```

## Not reported
Tasks that wait for a network or a disk; work handed to another process or a queue (arq, Celery, Dramatiq, TaskIQ);
functions that cannot be followed; calls that can run eight functions or more, as those of an interface can.

## Sources
FastAPI documentation, "Background Tasks: Caveat"; measured with FastAPI 0.165, Starlette 1.10.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, Severity
from unlag.project.links import Hazard
from unlag.rules import Subject
from unlag.rules.background._work import ADD_TASK, added_tasks, heavy
from unlag.rules.view import FunctionView, spoken
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
NEEDS = ADD_TASK


def check(function: FunctionView) -> Iterator[Finding]:
    """Every task the function adds that works the CPU hard."""
    for call, targets in added_tasks(function):
        for target in targets:
            hazard = heavy(function, target)
            if hazard is not None:
                yield _finding(function, call, target, hazard)
                break


def _finding(function: FunctionView, call: Call, target: str, hazard: Hazard) -> Finding:
    if function.index.is_async(target):
        where = "on the event loop or in its threads"
    else:
        where = "in one of the 40 threads, which share one GIL"
    name = spoken(target)
    message = (
        f"The background task `{name}` works the CPU hard (`{hazard.name}`) {where}, so other requests wait for "
        "it. Hand it to a task queue: arq, Celery, Dramatiq or TaskIQ."
    )
    trail = (function.step(call, name), function.step_in(target, hazard, hazard.name))
    return function.finding(call, SEVERITY, message, sink=hazard.name, trail=trail[:1])
