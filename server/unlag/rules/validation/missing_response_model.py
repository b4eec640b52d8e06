"""missing-response-model (LAG302): a list is sent without a response model, so it is encoded in Python.

## What it does
Reports endpoints without a return annotation and `response_model` that return a list, a comprehension,
rows of a query, or a dict that holds one of these, for FastAPI 0.130 and later.

## Why it is slow
Without a response model, `jsonable_encoder` walks every value in Python. With one, Pydantic writes the JSON
at once: for a hundred rows of seven fields, no annotation took 9.5 times as long as a model (0.165), and
20 times as long as `-> list`. For one small dict the difference is 30 us. With Pydantic 1 a response
model is the slower way.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items")
async def items(names: list[str]):
    return [Item(name=name) for name in names]  # LAG302
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items")
async def items(names: list[str]) -> list[Item]:
    return [Item(name=name) for name in names]
```

## Not reported
One small dict; values that are not known to be lists; routes that return a Response, stream, or name
a response class; `response_model=None`; FastAPI before 0.130; Pydantic 1.

## Fix safety
Unsafe, and offered where the elements are known: FastAPI then validates and filters, the OpenAPI
document changes, and Pydantic writes some values in another way (`Decimal("1.1")` as "1.1", UTC as "Z"). A dict whose
values are known becomes `dict[str, Any]`, which filters nothing; a class is imported from a module that the file
imports from already.

## Sources
Measured with FastAPI 0.165, 0.128.8 and 0.95.2, CPython 3.11.7. FastAPI release notes, 0.130.0.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.values import Collection, ExternalInstance
from unlag.rules import Subject
from unlag.rules.validation._annotations import Annotation, same_for_all
from unlag.rules.validation._answers import (
    RESPONSE,
    Declared,
    declared,
    is_response,
    response_class,
    writes_json_directly,
)
from unlag.rules.validation._trees import Reading, reading
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.ENDPOINT


def check(function: FunctionView) -> Iterator[Finding]:
    """The first list of an endpoint that nothing declares."""
    if function.facts.returns or not writes_json_directly(function):
        return
    told = declared(function)
    if told is None or told.kind != "none" or _has_class(function, told):
        return
    if any(_gives_response(function, call, callee) for call, callee in function.calls()):
        return
    read = reading(function)
    if read is None:
        return
    returned = [item.node for item in read.returned()]
    if any(is_response(function, read.value(node)) for node in returned):
        return
    large = [node for node in returned if _is_large(read, node)]
    if large:
        yield _finding(function, read, large[0], same_for_all(read, returned))


def fixes_of(annotation: Annotation | None) -> tuple[FixOffer, ...]:
    """A return annotation, which FastAPI takes for the response model."""
    if annotation is None:
        return ()
    title = f"Declare `-> {annotation.text}`: FastAPI validates, and Pydantic writes the JSON"
    return (FixOffer(title, Safety.UNSAFE, "return_annotation", annotation.arguments),)


def _has_class(function: FunctionView, told: Declared) -> bool:
    if told.answer.response_class:
        return True
    defaults = [route.default for route in told.routes if route.default is not None]
    return any(response_class(function, item) for item in defaults)


def _gives_response(function: FunctionView, call: Call, callee: str) -> bool:
    """Whether a call makes a response that the function returns."""
    is_outside = call.flags & facts.RETURNED and callee and ":" not in callee
    return bool(is_outside) and function.knowledge.is_a(callee, RESPONSE)


def _is_large(read: Reading, node: ast.expr) -> bool:
    """Whether an expression is a list or dict of unknown length, or a dict that holds one."""
    if isinstance(node, ast.ListComp | ast.DictComp):
        return True
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return False
    if isinstance(node, ast.Dict):
        return any(_is_large(read, value) for value in node.values)
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Lambda):
        return False
    if _gives_generator(read, node):
        return False
    value = read.value(node)
    if isinstance(value, ExternalInstance):
        return value.name.startswith("sqlalchemy.") and value.name.endswith((".all", ".fetchall"))
    return isinstance(value, Collection) and not value.is_mapping and not _is_literal(read, node)


def _gives_generator(read: Reading, node: ast.expr) -> bool:
    """Whether an expression calls an asynchronous generator of the project, which gives no list."""
    entry = read.function.index.function(read.callee(node))
    return entry is not None and entry.facts.is_async and bool(entry.facts.flags & facts.GENERATOR)


def _is_literal(read: Reading, node: ast.expr) -> bool:
    """Whether a name stands for a display that is written out."""
    given = read.assigned(node.id) if isinstance(node, ast.Name) else None
    return isinstance(given, ast.List) and bool(given.elts)


def _finding(
    function: FunctionView, read: Reading, node: ast.expr, annotation: Annotation | None
) -> Finding:
    what = {ast.Dict: "a dict with a list", ast.DictComp: "a dict made in a loop"}.get(
        type(node), "a list"
    )
    advice = f"`-> {annotation.text}`" if annotation else "a return annotation or `response_model=`"
    message = (
        f"`{function.name}` returns {what} without a response model, so it is made ready for JSON in "
        f"Python: for 100 rows that takes about ten times as long as under a model. Declare {advice}."
    )
    return function.finding(
        read.site(node), SEVERITY, message, sink="no response model", fixes=fixes_of(annotation)
    )
