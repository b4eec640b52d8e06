"""class-dependency-in-thread-pool (LAG204): making a small object for a parameter takes a thread.

## What it does
Reports `Depends(SomeClass)`, and `Depends()` on a parameter of the class, where the constructor is proven
to only keep what it is given. Off unless selected.

## Why it is slow
FastAPI calls a class like any other `def` dependency: in its pool of 40 threads. That cost 93 us of CPU a
request, against 16 us for an `async def` that makes the object.

## Bad
```python
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


class Page:
    def __init__(self, offset: int = 0, limit: int = 20) -> None:
        self.offset = offset
        self.limit = limit


PageDep = Annotated[Page, Depends()]  # LAG204


@app.get("/items")
async def items(page: PageDep) -> int:
    return page.limit
```

## Good
```python
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel

app = FastAPI()


class Page(BaseModel):
    offset: int = 0
    limit: int = 20


@app.get("/items")
async def items(page: Annotated[Page, Query()]) -> int:
    return page.limit
```

## Not reported
Constructors with anything unknown in them; Pydantic models, whose fields are validated then; instances
and functions.

## Sources
Measured with fastapi 0.165.0 and CPython 3.11.7. `Annotated[Model, Query()]` since FastAPI 0.115.
FastAPI issue 1306.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, Severity
from unlag.project.resolver import Place
from unlag.project.values import Annotated, Class, Dependency, Instance, Value, each
from unlag.rules import Subject
from unlag.rules.thread_pool._functions import header
from unlag.rules.thread_pool._trivial import Proof
from unlag.rules.view import FunctionView, Site, spoken
from unlag.source.facts import Binding, Parameter
from unlag.source.scopes import MODULE

SEVERITY = Severity.HINT
SUBJECT = Subject.FUNCTION
ENABLED = False
_DEPENDS = "Depends("


def check(function: FunctionView) -> Iterator[Finding]:
    """Every alias and every parameter that stands for an object of such a class."""
    if function.name == MODULE:
        for binding in function.facts.bindings:
            if binding.path.startswith("Annotated[") and _DEPENDS in binding.path:
                yield from _alias(function, binding)
    for parameter in function.facts.parameters:
        if _DEPENDS in parameter.default or _DEPENDS in parameter.annotation:
            yield from _parameter(function, parameter)


def _alias(function: FunctionView, binding: Binding) -> Iterator[Finding]:
    for value in each(function.resolve(binding.path, binding.line)):
        if isinstance(value, Annotated) and isinstance(value.dependency, Dependency):
            target = value.dependency.value
            if target is None and isinstance(value.type, Instance):
                target = Class(value.type.id)
            for call in function.facts.calls:
                if call.line == binding.line and call.target.endswith("Depends"):
                    yield from _finding(function, call, target)
                    break


def _parameter(function: FunctionView, parameter: Parameter) -> Iterator[Finding]:
    place = Place(function.entry.path, function.facts.parent or MODULE)
    for value in function.index.resolver.dependencies(place, parameter):
        yield from _finding(function, header(function.entry), value, parameter.name)


def _finding(
    function: FunctionView, site: Site, target: Value, parameter: str = ""
) -> Iterator[Finding]:
    for value in each(target):
        if not isinstance(value, Class):
            continue
        proof = Proof(function.index)
        if proof.classes.is_model(value.id) or not proof.constructs(value.id, 0):
            continue
        given = f" for `{parameter}`" if parameter else ""
        message = (
            f"FastAPI makes `{spoken(value.id)}`{given} in a thread, though its constructor only keeps what "
            "it is given. Make it in an `async def`, or take `Annotated[..., Query()]` of a Pydantic model."
        )
        yield function.finding(site, SEVERITY, message)
