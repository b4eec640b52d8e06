"""response-class-disables-fast-path (LAG303): a response class keeps Pydantic from writing the JSON.

## What it does
Reports `response_class=JSONResponse` (or ORJSONResponse, UJSONResponse) on routes with a response
model or return annotation, and `default_response_class=` on applications and routers that have such
routes, for FastAPI 0.130 and later.

## Why it is slow
Without an explicit class, FastAPI 0.130 has Pydantic write the JSON of a response model in one step.
With one, even `JSONResponse`, which is the default, it makes dicts first and encodes those: 1.84 times
as long for 100 rows of seven fields, 2.35 times for 10,000; with ORJSONResponse 1.2 to 1.44 times
(0.165). Before 0.130 JSONResponse made no difference, and ORJSONResponse was the faster way
(0.65 times, 0.128.8).

## Bad
```python
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items", response_class=JSONResponse)  # LAG303
async def items() -> list[Item]:
    return [Item(name="a")]
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items")
async def items() -> list[Item]:
    return [Item(name="a")]
```

## Not reported
Classes of the project with a `render` or media type of their own; routes that return Response objects
themselves or have no response model; a route's class where its router or application names another;
FastAPI before 0.130; from 0.131 on ORJSONResponse and UJSONResponse, which `deprecated-json-response` reports.

## Fix safety
Unsafe: the bytes are the same but for NaN and infinity, which JSONResponse refuses and Pydantic
writes as `null`.

## Sources
Measured with FastAPI 0.165 and 0.128.8, CPython 3.11.7. FastAPI release notes, 0.130.0 (#14962).
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.needs import REGISTERS
from unlag.rules.validation._answers import writes_json_directly
from unlag.rules.validation._response_classes import (
    DEPRECATED,
    Named,
    has_default,
    on_routers,
    on_routes,
)
from unlag.rules.view import FunctionView

SEVERITY = Severity.WARNING
SUBJECT = Subject.FUNCTION
NEEDS = frozenset({REGISTERS})


def check(function: FunctionView) -> Iterator[Finding]:
    """Every response class that stands in the way."""
    of_routes = () if has_default(function) else on_routes(function)
    for named in (*of_routes, *on_routers(function)):
        is_deprecated = named.name in DEPRECATED and function.at_least("fastapi", "0.131")
        if named.slowed and not is_deprecated and writes_json_directly(function):
            yield _finding(function, named)


def fixes_of(keyword: str) -> tuple[FixOffer, ...]:
    """The call without the class."""
    title = f"Remove `{keyword}`: Pydantic writes the JSON"
    return (FixOffer(title, Safety.UNSAFE, "remove_response_class", (keyword,)),)


def _finding(function: FunctionView, named: Named) -> Finding:
    short = named.name.rpartition(".")[2]
    times = "1.2 to 1.4" if named.name in DEPRECATED else "1.8 to 2.4"
    if named.keyword == "response_class":
        where = "this route"
    else:
        where = "the one route" if named.slowed == 1 else f"the {named.slowed} routes"
        where += " under it with a response model"
    message = (
        f"`{named.keyword}={short}` keeps Pydantic from writing the JSON of {where} directly: dicts are "
        f"made first and encoded then, {times} times as long from 100 rows on. Remove it."
    )
    return function.finding(
        named.call, SEVERITY, message, sink=short, fixes=fixes_of(named.keyword)
    )
