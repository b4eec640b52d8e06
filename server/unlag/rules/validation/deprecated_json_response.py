"""deprecated-json-response (LAG304): ORJSONResponse and UJSONResponse are deprecated.

## What it does
Reports `ORJSONResponse` and `UJSONResponse` of FastAPI 0.131 and later where they are made, named on a
route, the default of an application or router, or what a class of the project derives from.

## Why it is slow
Beside a response model they are the slower way: 1.2 to 1.44 times as long as Pydantic's own JSON
(0.165, from 100 rows on). Returned directly with ready dicts, `ORJSONResponse(rows)` skips validation
and is still the fastest there is (x0.37 at 100 rows); there the reason is only that each one made
raises a `FastAPIDeprecationWarning` and the classes will go.

## Bad
```python
from fastapi import FastAPI
from fastapi.responses import ORJSONResponse

app = FastAPI(default_response_class=ORJSONResponse)  # LAG304


@app.get("/items", response_class=ORJSONResponse)  # LAG304
async def items() -> list[str]:
    return ["a"]


@app.get("/raw")
async def raw():
    return ORJSONResponse({"a": 1})  # LAG304
```

## Good
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/items")
async def items() -> list[str]:
    return ["a"]
```

## Not reported
FastAPI before 0.131; classes of the project that inherit from JSONResponse and call `orjson` themselves,
which is what FastAPI advises where raw speed matters.

## Fix safety
Unsafe: what was returned raw is validated and filtered. On a route with a response model the bytes stay
the same without ORJSONResponse, and integers of more than 64 bits, at which orjson fails, are sent; on
one without, NaN and infinity raise `ValueError` where orjson writes `null`. A class of the module's own
writes what FastAPI's does; the module then needs `orjson` to be imported, and objects of it are none of
FastAPI's class, so that it is not offered in a module that code imports which asks for those with
`isinstance`.

## Sources
FastAPI release notes, 0.131.0 (#14964). Measured with FastAPI 0.165, CPython 3.11.7.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.values import External
from unlag.rules import Subject
from unlag.rules.needs import REGISTERS
from unlag.rules.validation._annotations import Annotation, annotation_for
from unlag.rules.validation._answers import declared, says_status
from unlag.rules.validation._response_classes import DEPRECATED, Named, on_routers, on_routes
from unlag.rules.validation._told_apart import is_told_apart
from unlag.rules.validation._trees import only_argument, reading
from unlag.rules.view import ClassView, FunctionView
from unlag.source.facts import Call
from unlag.source.scopes import MODULE

SEVERITY = Severity.WARNING
SUBJECT = (Subject.FUNCTION, Subject.CLASS)
NEEDS = DEPRECATED | {REGISTERS}


def check(view: FunctionView | ClassView) -> Iterator[Finding]:
    """Every use of a deprecated class."""
    if isinstance(view, ClassView):
        yield from _derived(view)
    else:
        yield from _used(view)


def _derived(view: ClassView) -> Iterator[Finding]:
    """A class made from a deprecated one, which warns when it is defined."""
    for base in view.facts.bases:
        value = view.resolve(base) if base.endswith("JSONResponse") else None
        name = view.knowledge.canonical(value.name) if isinstance(value, External) else ""
        if name in DEPRECATED and view.at_least("fastapi", "0.131"):
            short = name.rpartition(".")[2]
            yield view.finding(
                SEVERITY,
                f"`{short}` is deprecated since FastAPI 0.131: a class made from it raises a warning when "
                f"it is defined, and `{short}` will go. Derive from `JSONResponse`, and call "
                f"`{'orjson' if short.startswith('OR') else 'ujson'}.dumps` in `render`.",
                sink=f"{short} derived from",
                fixes=_own_class(view, short) if base == short else (),
            )


def _used(function: FunctionView) -> Iterator[Finding]:
    for named in (*on_routes(function), *on_routers(function)):
        if named.name in DEPRECATED and function.at_least("fastapi", "0.131"):
            yield _named(function, named)
    for call, callee in function.calls():
        if callee.endswith("JSONResponse") and ":" not in callee:
            name = function.knowledge.canonical(callee)
            if name in DEPRECATED and function.at_least("fastapi", "0.131"):
                yield _made(function, call, name)


def fixes_of(keyword: str, annotation: Annotation | None = None) -> tuple[FixOffer, ...]:
    """The route without the class, or what it returns under a response model."""
    if keyword:
        title = f"Remove `{keyword}`: Pydantic writes the JSON"
        return (FixOffer(title, Safety.UNSAFE, "remove_response_class", (keyword,)),)
    if annotation is None:
        return ()
    title = f"Return it as it is, under `-> {annotation.text}`"
    return (FixOffer(title, Safety.UNSAFE, "return_encoded", annotation.arguments),)


def _own_class(view: FunctionView | ClassView, short: str) -> tuple[FixOffer, ...]:
    """The class in the module that imports it by its name; none where code that asks for FastAPI's may get it."""
    path = view.entry.path
    found = view.index.tables[path].imports.get(short, ())
    origins = {(item.level, item.module, item.attribute) for item in found}
    if origins != {(0, "fastapi.responses", short)} or is_told_apart(view.index, path):
        return ()
    title = f"Define `{short}` in this module: it writes the same JSON, and warns no more"
    return (FixOffer(title, Safety.UNSAFE, "own_json_response", (short,)),)


def _imports(function: FunctionView, short: str) -> bool:
    """Whether a function imports the class itself, beside its module."""
    return function.facts.qualname != MODULE and any(
        item.name == short for item in function.facts.imports
    )


def _named(function: FunctionView, named: Named) -> Finding:
    short = named.name.rpartition(".")[2]
    slower = (
        ", and 1.2 to 1.4 times as slow from 100 rows on as the JSON that Pydantic writes itself"
        if named.slowed
        else ""
    )
    message = (
        f"`{short}` is deprecated since FastAPI 0.131{slower}. Remove `{named.keyword}` and declare a "
        "response model where there is none."
    )
    offers = fixes_of(named.keyword) if named.slowed else ()
    if named.call.keyword(named.keyword) == short and not _imports(function, short):
        offers += _own_class(function, short)
    return function.finding(named.call, SEVERITY, message, sink=short, fixes=offers)


def _made(function: FunctionView, call: Call, name: str) -> Finding:
    short = name.rpartition(".")[2]
    message = (
        f"`{short}` is deprecated since FastAPI 0.131: every one made raises a warning, and the class "
        "will go. Return the data under a response model, or make a class of your own that calls "
        f"`{'orjson' if short.startswith('OR') else 'ujson'}.dumps`."
    )
    offers = fixes_of("", _annotation(function, call))
    if call.target == short and not _imports(function, short):
        offers += _own_class(function, short)
    return function.finding(call, SEVERITY, message, sink=f"{short} made", fixes=offers)


def _annotation(function: FunctionView, call: Call) -> Annotation | None:
    """The annotation under which an endpoint could return what the response is made of."""
    told = None if says_status(function) else declared(function)
    read = reading(function) if told is not None and told.kind in ("none", "response") else None
    for item in read.returned() if read is not None else ():
        site = read.site(item.node) if read is not None else None
        is_it = site is not None and (site.line, site.column) == (call.line, call.column)
        content = _content(item.node) if isinstance(item.node, ast.Call) else None
        if is_it and content is not None and read is not None:
            return annotation_for(read, content)
    return None


def _content(call: ast.Call) -> ast.expr | None:
    match call.keywords:
        case [ast.keyword(arg="content", value=value)] if not call.args:
            return value
    return only_argument(call)
