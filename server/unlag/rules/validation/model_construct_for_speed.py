"""model-construct-for-speed (LAG306): `model_construct` is slower than validating.

## What it does
Reports `M.model_construct(...)`, or `M.construct(...)` as it was called before, in what an endpoint with
a response model returns, itself or by a function that it calls in the `return`, for Pydantic 2.

## Why it is slow
`model_construct` is written in Python, validation in Rust: 10.0 times the time of a dataclass against
4.0 for `M(**row)`. A hundred rows constructed and returned took 2.17 times as long as the rows
returned as they are, the same rows validated by hand 1.32 times (0.165). With Pydantic 1 it was the
other way round, which is where the advice comes from.

## Bad
```python
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


async def rows() -> list[dict[str, Any]]:
    return [{"name": "a"}]


@app.get("/items")
async def items() -> list[Item]:
    return [Item.model_construct(**row) for row in await rows()]  # LAG306
```

## Good
```python
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


async def rows() -> list[dict[str, Any]]:
    return [{"name": "a"}]


@app.get("/items", response_model=list[Item])
async def items() -> Any:
    return await rows()
```

## Not reported
One object with lists, models or unknown values in it, where validating would go through all of them;
Pydantic 1; calls that leave out required fields or set `_fields_set`, which cannot be validated; objects
that no endpoint returns under a response model; other classes with such a method.

## Fix safety
Unsafe: what is invalid now raises where it was sent as it was.

## Sources
Measured with FastAPI 0.165 and Pydantic 2.14, CPython 3.11.7 and 3.13.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.models import Model, fields, model_of
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, ExternalInstance
from unlag.rules import Subject
from unlag.rules.validation._answers import declared, is_new
from unlag.rules.validation._trees import Reading, can_be, reading
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts

SEVERITY = Severity.WARNING
SUBJECT = Subject.ENDPOINT
_CONSTRUCTING = frozenset({"model_construct", "construct"})

_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def check(function: FunctionView) -> Iterator[Finding]:
    """Every object of an answer that is made without validation."""
    if not (is_new(function) and _can_construct(function)):
        return
    told = declared(function)
    read = reading(function) if told is not None and told.kind == "model" else None
    for item in read.returned() if read is not None else ():
        for node, is_repeated in _calls_in(item.node):
            if read is not None:
                yield from _constructed(function, read, node, is_repeated=is_repeated)
                yield from _by_helper(function, read, node, is_repeated=is_repeated)


def _can_construct(function: FunctionView) -> bool:
    """Whether an endpoint, or a function that it calls, makes something without validation: told from facts."""
    if any(can_be(call, _CONSTRUCTING) for call in function.facts.calls):
        return True
    callees = {callee for callee in function.links.callees if ":" in callee}
    entries = (function.index.function(callee) for callee in callees)
    return any(entry is not None and _constructs(entry) for entry in entries)


def _constructs(entry: FunctionEntry) -> bool:
    return any(
        call.target.rpartition(".")[2] in _CONSTRUCTING
        and call.flags & (facts.RETURNED | facts.IN_COMPREHENSION)
        for call in entry.facts.calls
    )


def _calls_in(node: ast.expr) -> Iterator[tuple[ast.Call, bool]]:
    """Every call in an expression, and whether a comprehension makes it for each of its items."""
    repeated = [one for one in ast.walk(node) if isinstance(one, _COMPREHENSIONS)]
    inside = {id(one) for outer in repeated for one in ast.walk(outer)}
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            yield one, id(one) in inside


def fixes_of(name: str) -> tuple[FixOffer, ...]:
    """The class called."""
    return (FixOffer(f"Validate it: `{name}(...)`", Safety.UNSAFE, "call_model", ()),)


def _constructed(
    function: FunctionView, read: Reading, call: ast.Call, *, is_repeated: bool
) -> Iterator[Finding]:
    model = _model_of(function, read, call, is_repeated=is_repeated)
    if model is None or not isinstance(call.func, ast.Attribute):
        return
    name = spoken(model.id)
    message = (
        f"`{name}.{call.func.attr}` is slower than validating, 2.5 times as slow as `{name}(...)`, and "
        f"lets invalid data out. Call `{name}` itself."
    )
    yield function.finding(
        read.site(call), SEVERITY, message, sink=f"{name}.model_construct", fixes=fixes_of(name)
    )


def _model_of(
    function: FunctionView, read: Reading, call: ast.Call, *, is_repeated: bool
) -> Model | None:
    """The model of which a call makes an object without validation, where validating is quicker."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _CONSTRUCTING or call.args:
        return None
    owner = read.value(call.func.value)
    model = model_of(function.index.resolver, owner.id) if isinstance(owner, Class) else None
    if model is None or model.is_old or not _is_complete(function, model, call):
        return None
    return None if not is_repeated and _holds_more(function, model) else model


def _by_helper(
    function: FunctionView, read: Reading, call: ast.Call, *, is_repeated: bool
) -> Iterator[Finding]:
    """The objects that a function of the project gives, which makes them without validation."""
    callee = read.callee(call)
    entry = function.index.function(callee) if ":" in callee else None
    if entry is None or entry.id in function.index.routes.by_function:
        return
    helper = FunctionView(function.index, entry, function.offload_style)
    inner = reading(helper) if _constructs(entry) else None
    for item in inner.returned() if inner is not None else ():
        for node, repeated in _calls_in(item.node):
            if inner is None:
                continue
            model = _model_of(helper, inner, node, is_repeated=is_repeated or repeated)
            if model is None:
                continue
            name, shown = spoken(model.id), spoken(entry.id)
            message = (
                f"`{shown}` makes its `{name}` without validation, which is 2.5 times as slow as "
                f"`{name}(...)`, and lets invalid data out. Have it call `{name}` itself."
            )
            steps = (
                function.step(read.site(call), shown),
                helper.step(inner.site(node), f"{name}.model_construct"),
            )
            yield function.finding(
                read.site(call), SEVERITY, message, sink=f"{name}.model_construct", trail=steps
            )
            return


def _is_complete(function: FunctionView, model: Model, call: ast.Call) -> bool:
    """Whether the call gives every required field, or a whole row of them."""
    given = {item.arg for item in call.keywords}
    if "_fields_set" in given:
        return False
    if None in given:
        return True
    required = {
        name for name, path, _ in fields(function.index.resolver, model) if _is_required(path)
    }
    return model.is_whole and bool(given) and required <= given


def _holds_more(function: FunctionView, model: Model) -> bool:
    """Whether a field can hold so much that going through it would take longer than constructing."""
    resolver = function.index.resolver
    values = [resolver.resolve(place, path) for _, path, place in fields(resolver, model)]
    return any(not isinstance(value, ExternalInstance) for value in values)


def _is_required(path: str) -> bool:
    """Whether a field is declared and given no value; `None` as a value leaves no trace in facts."""
    return path.startswith(":(") and "|" not in path
