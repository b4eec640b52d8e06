"""manual-jsonable-encoder (LAG305): an answer is encoded by hand, in Python.

## What it does
Reports endpoints that return `JSONResponse(jsonable_encoder(x))`, also under a key of a dict,
`jsonable_encoder(x)`, or, with FastAPI 0.130 and later, `JSONResponse(m.model_dump())` and
`JSONResponse([m.model_dump() for m in ms])`.

## Why it is slow
`jsonable_encoder` walks every value in Python, and `json.dumps` walks the result again. Under a
response model FastAPI has Pydantic write the JSON at once: 100 rows of seven fields took 9.1 times as
long by hand (0.165), 4.6 times with 0.128.8. With Pydantic 1 it is the other way round.

## Bad
```python
from datetime import date

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class Day(BaseModel):
    day: date
    cents: int


@app.get("/days")
async def days() -> JSONResponse:
    rows = [Day(day=date(2026, 1, 1), cents=5)]
    return JSONResponse(jsonable_encoder(rows))  # LAG305
```

## Good
```python
from datetime import date

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Day(BaseModel):
    day: date
    cents: int


@app.get("/days")
async def days() -> list[Day]:
    return [Day(day=date(2026, 1, 1), cents=5)]
```

## Not reported
Responses with another status than 200 or than the route's, headers, a media type or a background task of their
own; encoders with arguments; responses that no endpoint of FastAPI's returns, such as those of exception handlers;
Pydantic 1. `JSONResponse` of ready dicts is about as fast as a response model, and fine.

## Fix safety
Unsafe, and offered where the type is known: under a response model FastAPI validates and filters,
and Pydantic writes some values in another way (`Decimal("1.1")` as "1.1", UTC as "Z").

## Sources
Measured with FastAPI 0.165, 0.128.8 and 0.95.2, CPython 3.11.7. FastAPI's `jsonable_encoder`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.models import model_of
from unlag.rules import Subject
from unlag.rules.validation._annotations import Annotation, annotation_for
from unlag.rules.validation._answers import (
    Declared,
    declared,
    is_new,
    says_status,
    writes_json_directly,
)
from unlag.rules.validation._trees import Reading, only_argument, reading
from unlag.rules.view import FunctionView

SEVERITY = Severity.WARNING
SUBJECT = Subject.ENDPOINT
NEEDS = frozenset({"jsonable_encoder", "JSONResponse"})

_ENCODER = "fastapi.encoders.jsonable_encoder"
_RESPONSE = "starlette.responses.JSONResponse"
_DUMPS = ("model_dump", "dict")


def check(function: FunctionView) -> Iterator[Finding]:
    """Every answer that is made ready for JSON before FastAPI would do it."""
    if not is_new(function):
        return
    told = declared(function)
    read = reading(function) if told is not None else None
    if told is None or read is None:
        return
    for item in read.returned():
        inner = _encoded(function, read, item.node)
        part = _encoded_part(function, read, item.node) if inner is None else None
        if part is not None and not _is_written_out(part):
            yield _finding(function, told, read, item.node, part, is_part=True)
        if inner is None or _is_written_out(inner):
            continue
        if not _is_reworked(read, inner):
            yield _finding(function, told, read, item.node, inner)


def fixes_of(annotation: Annotation | None, *, has_model: bool) -> tuple[FixOffer, ...]:
    """What was encoded itself, under a response model."""
    if has_model:
        title = "Return it as it is: the response model writes it"
        return (FixOffer(title, Safety.UNSAFE, "return_encoded", ()),)
    if annotation is None:
        return ()
    title = f"Return it as it is, under `-> {annotation.text}`"
    return (FixOffer(title, Safety.UNSAFE, "return_encoded", annotation.arguments),)


def _encoded(function: FunctionView, read: Reading, node: ast.expr) -> ast.expr | None:
    """What an expression encodes by hand, where it does nothing else."""
    if not isinstance(node, ast.Call):
        return None
    callee = read.callee(node)
    if callee == _ENCODER:
        return _argument(node, "obj")
    content = _content(function, read, node) if callee == _RESPONSE else None
    if isinstance(content, ast.ListComp):
        element = content.elt
        is_dump = isinstance(element, ast.Call) and _is_dump(function, read, element)
        return content if is_dump else None
    if not isinstance(content, ast.Call):
        return None
    if read.callee(content) == _ENCODER:
        return _argument(content, "obj")
    return content.func if _is_dump(function, read, content) else None


def _encoded_part(function: FunctionView, read: Reading, node: ast.expr) -> ast.expr | None:
    """What a response encodes by hand under a key of its dict: `JSONResponse({"items": jsonable_encoder(items)})`."""
    if not isinstance(node, ast.Call) or read.callee(node) != _RESPONSE:
        return None
    content = _content(function, read, node)
    for value in content.values if isinstance(content, ast.Dict) else ():
        if isinstance(value, ast.Call) and read.callee(value) == _ENCODER:
            return _argument(value, "obj")
    return None


def _content(function: FunctionView, read: Reading, call: ast.Call) -> ast.expr | None:
    """What a response is made of that says nothing else, followed through a name given to it just before."""
    if says_status(function):
        return None
    others = [item for item in call.keywords if not _says_ok(item)]
    content = _argument(ast.Call(call.func, call.args, others), "content")
    if not isinstance(content, ast.Name) or read.loads(content.id) != 1:
        return content
    return _given_before(read, content)


def _says_ok(item: ast.keyword) -> bool:
    """Whether an argument is the status that a response has anyhow."""
    match item:
        case ast.keyword(arg="status_code", value=ast.Constant(value=200)):
            return True
        case ast.keyword(arg="status_code", value=ast.Attribute(attr="HTTP_200_OK")):
            return True
    return False


def _given_before(read: Reading, name: ast.Name) -> ast.expr | None:
    """The encoded value that the statement before the `return` gives a name: nothing happens between."""
    value = read.assigned(name.id)
    if value is None or read.callee(value) != _ENCODER:
        return name
    for node in (read.syntax.node, *read.nodes):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            for before, after in pairwise(block if isinstance(block, list) else ()):
                is_given = isinstance(before, ast.Assign | ast.AnnAssign) and before.value is value
                if is_given and isinstance(after, ast.Return):
                    return value
    return name


def _is_written_out(node: ast.expr) -> bool:
    """Whether an expression holds nothing but literals, such as an empty list."""
    return not any(isinstance(one, ast.Name | ast.Attribute | ast.Call) for one in ast.walk(node))


def _is_reworked(read: Reading, node: ast.expr) -> bool:
    """Whether an expression is the dict of a model, which other code sees first: it can be changed by then."""
    if not isinstance(node, ast.Name) or read.loads(node.id) == 1:
        return False
    return any(
        isinstance(item, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in item.targets)
        and _calls_dump(item.value)
        for item in read.nodes
    )


def _calls_dump(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in _DUMPS


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    """The only argument of a call, given by position or name."""
    match call.keywords:
        case [ast.keyword(arg=given, value=value)] if given == name and not call.args:
            return value
    return only_argument(call)


def _is_dump(function: FunctionView, read: Reading, call: ast.Call) -> bool:
    """Whether a call dumps a whole model, which Pydantic would write faster as JSON."""
    is_plain = not call.args and all(item.arg == "mode" for item in call.keywords)
    if not is_plain or not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr not in _DUMPS or not writes_json_directly(function):
        return False
    value = read.instance(call.func.value)
    return value is not None and model_of(function.index.resolver, value.id) is not None


def _finding(
    function: FunctionView,
    told: Declared,
    read: Reading,
    node: ast.expr,
    inner: ast.expr,
    *,
    is_part: bool = False,
) -> Finding:
    assert isinstance(node, ast.Call)
    is_each = isinstance(inner, ast.ListComp) and read.callee(node) != _ENCODER
    is_dump = isinstance(inner, ast.Attribute) and inner.attr in _DUMPS
    what = inner.value if isinstance(inner, ast.Attribute) and is_dump else inner
    times = "9" if writes_json_directly(function) else "4 to 5"
    how = (
        f"`{ast.unparse(what)[:60]}` is dumped into {'dicts' if is_each else 'a dict'} and written by "
        "`json.dumps`"
        if (is_dump or is_each) and read.callee(node) != _ENCODER
        else f"`{ast.unparse(what)[:60]}` is made ready for JSON in Python, which takes {times} times "
        "as long at 100 rows as what FastAPI does"
    )
    message = (
        f"{how}. Return it as it is, under a response model: Pydantic writes the JSON at once."
    )
    has_model = told.kind == "model" and not told.is_annotation
    annotation = _annotation(read, what) if told.kind in ("none", "response") else None
    has_other = told.kind == "model" and told.is_annotation
    return function.finding(
        read.site(node),
        SEVERITY,
        message,
        sink="encoded by hand",
        fixes=() if is_part else fixes_of(annotation, has_model=has_model or has_other),
    )


def _annotation(read: Reading, node: ast.expr) -> Annotation | None:
    """The annotation of what is returned; of a list of dumps, that of its objects."""
    if not isinstance(node, ast.ListComp) or not _calls_dump(node.elt):
        return annotation_for(read, node)
    assert isinstance(node.elt, ast.Call)
    assert isinstance(node.elt.func, ast.Attribute)
    one = annotation_for(read, node.elt.func.value)
    return None if one is None else Annotation(f"list[{one.text}]", one.imports)
