"""models-built-to-be-returned (LAG308): models are made of rows only for FastAPI to write them.

## What it does
Hints at `[M(**row) for row in rows]` and `[M.model_validate(row) for row in rows]` returned under
`list[M]`, and at loops that do nothing but append such models to the list returned, with Pydantic 2.

## Why it is slow
FastAPI validates rows against the response model itself, in one call for the whole list: 166 us for a
hundred dicts of seven fields, against 219 with the models made by hand (x1.32, 0.165); from objects
x1.15 against x1.49. For a single row it makes no difference.

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
    return [Item(**row) for row in await rows()]  # LAG308
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
Rows that are not known to be dicts, for `M(**row)`: FastAPI reads a `RowMapping` or record otherwise;
models that something else uses; more than the row as arguments; objects of a session that is closed
before FastAPI reads them; endpoints that other code calls; tables and settings; Pydantic 1, where
`double-validation` speaks of it.

## Fix safety
Unsafe: a row that does not fit raises `ResponseValidationError` in place of `ValidationError`, and a
type checker wants `response_model=` beside another return annotation.

## Sources
Measured with FastAPI 0.165 and Pydantic 2.14, CPython 3.11.7.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.models import model_of
from unlag.project.values import Class, Collection, Instance, Value
from unlag.rules import Subject
from unlag.rules.validation._answers import declared, is_list_of, is_new
from unlag.rules.validation._trees import Reading, can_make, only_argument, reading, starred_only
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts

SEVERITY = Severity.HINT
SUBJECT = Subject.ENDPOINT

_REPEATED = facts.IN_COMPREHENSION | facts.IN_LOOP
_VALIDATES = frozenset({"model_validate", "from_orm", "parse_obj"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every list of models that FastAPI would make itself."""
    if not is_new(function):
        return
    calls = function.facts.calls
    if not any(call.flags & _REPEATED and can_make(call, _VALIDATES) for call in calls):
        return
    told = declared(function)
    if told is None or told.kind != "model" or function.index.is_called(function.entry.id):
        return
    read = reading(function)
    if read is None:
        return
    for item in read.returned():
        built = _comprehended(item.node) or _appended(read, item.node)
        made = _made(function, read, built) if built is not None else None
        if built is not None and made is not None and is_list_of(told.value, made):
            yield _finding(function, read, built, spoken(made.id))


def fixes_of(*, is_list: bool) -> tuple[FixOffer, ...]:
    """The rows themselves."""
    arguments = ("list",) if is_list else ()
    return (FixOffer("Return the rows", Safety.UNSAFE, "return_rows", arguments),)


class _Built(NamedTuple):
    node: ast.expr
    """The comprehension, or what a loop appends."""
    call: ast.Call
    row: str


def _comprehended(node: ast.expr) -> _Built | None:
    """A list of what is made of each row."""
    match node:
        case ast.ListComp(
            elt=ast.Call() as call,
            generators=[ast.comprehension(target=ast.Name(id=row), is_async=0)],
        ):
            return _Built(node, call, row)
    return None


def _appended(read: Reading, node: ast.expr) -> _Built | None:
    """What a loop makes of each row, where all it does is to append that to an empty list, which is `node`."""
    if not isinstance(node, ast.Name) or read.loads(node.id) != 2:
        return None
    if not isinstance(empty := read.assigned(node.id), ast.List) or empty.elts:
        return None
    for loop in read.nodes:
        match loop:
            case ast.For(
                target=ast.Name(id=row),
                body=[ast.Expr(value=ast.Call(func=append, args=[ast.Call() as call]))],
                orelse=[],
            ) if ast.unparse(append) == f"{node.id}.append":
                return _Built(call, call, row)
    return None


def _made(function: FunctionView, read: Reading, built: _Built) -> Instance | None:
    """The model that is made of each row, where FastAPI would do the same."""
    node, call, row = built
    given = starred_only(call)
    if given is None and isinstance(call.func, ast.Attribute) and call.func.attr in _VALIDATES:
        given = None if _is_entered(read, node) else only_argument(call)
    elif given is not None and not (_is_dict(read, given) and _is_class(read.value(call.func))):
        return None
    if not isinstance(given, ast.Name) or given.id != row:
        return None
    value = read.instance(call)
    model = model_of(function.index.resolver, value.id) if value is not None else None
    if model is None or model.is_old or model.is_table or model.is_settings or model.is_root:
        return None
    return value


def _is_class(value: Value) -> bool:
    """Whether a call makes the model itself: `model_construct` and other ways to one do more, or less."""
    return isinstance(value, Class)


def _is_dict(read: Reading, node: ast.expr) -> bool:
    value = read.value(node)
    return isinstance(value, Collection) and value.is_mapping


def _is_entered(read: Reading, node: ast.expr) -> bool:
    """Whether the rows are read inside of a `with` that ends before FastAPI reads them."""
    return any(
        isinstance(outer, ast.With | ast.AsyncWith) and any(one is node for one in ast.walk(outer))
        for outer in read.nodes
    )


def _finding(function: FunctionView, read: Reading, built: _Built, name: str) -> Finding:
    node = built.node
    message = (
        f"FastAPI makes each `{name}` of its row itself under `list[{name}]`, in one call for all: "
        "a quarter less time from 100 rows on. Return the rows."
    )
    return function.finding(
        read.site(node),
        SEVERITY,
        message,
        sink=f"list of {name}",
        fixes=fixes_of(is_list=read.runs_over_list(node)) if node is not built.call else (),
    )
