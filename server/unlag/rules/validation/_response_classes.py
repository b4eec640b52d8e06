"""Where the project names the class that answers are made with: on routes, routers and applications."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.project.registration import Answer
from unlag.project.routes import Route
from unlag.rules.validation._answers import Declared, declared, is_response, response_class
from unlag.rules.validation._trees import reading
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

DEPRECATED = frozenset({"fastapi.responses.ORJSONResponse", "fastapi.responses.UJSONResponse"})
JSON = frozenset({"starlette.responses.JSONResponse", *DEPRECATED})


class Named(msgspec.Struct, frozen=True):
    """A response class named beside routes that FastAPI writes JSON for."""

    call: Call
    """The decorator, the constructor or the inclusion."""
    name: str
    """The class, by its outside name."""
    keyword: str
    slowed: int
    """Routes under it that have a response model and return no Response of their own."""


def on_routes(function: FunctionView) -> Iterator[Named]:
    """What the decorators of an endpoint name."""
    if function.entry.id not in function.index.routes.by_function:
        return
    named = [call for call in function.facts.decorators if call.keyword("response_class")]
    told = declared(function) if len(named) == 1 else None
    if told is None or told.answer.response_class != named[0].keyword("response_class"):
        return
    name = response_class(function, told.answer)
    if name in JSON:
        yield Named(named[0], name, "response_class", int(_is_written(function, told)))


def has_default(function: FunctionView) -> bool:
    """Whether a router or the application names a class that would take the place of the route's own."""
    routes = function.index.routes.by_function.get(function.entry.id, ())
    return any(route.default is not None and route.default.response_class for route in routes)


def on_routers(function: FunctionView) -> Iterator[Named]:
    """What the routers and applications made in a function name for all their routes."""
    told = (item for item in function.links.registrations if item.kind in ("router", "include"))
    if not any(item.answer is not None for item in told):
        return
    for call in function.facts.calls:
        given = call.keyword("default_response_class")
        if given is None:
            continue
        answer = Answer(function.entry.id, response_class=given)
        name = response_class(function, answer)
        if name in JSON:
            yield Named(call, name, "default_response_class", _slowed(function, answer))


def _slowed(function: FunctionView, answer: Answer) -> int:
    """How many routes take the class from there and have a response model."""
    routes: tuple[Route, ...] = function.index.routes.routes
    under = {
        route.function
        for route in routes
        if route.default == answer and route.answer is not None and not route.answer.response_class
    }
    return sum(_has_model(function, function_id) for function_id in sorted(under))


def _has_model(function: FunctionView, function_id: str) -> bool:
    entry = function.index.function(function_id)
    if entry is None:
        return False
    view = FunctionView(function.index, entry, function.offload_style)
    told = declared(view)
    return told is not None and told.kind == "model"


def _is_written(function: FunctionView, told: Declared) -> bool:
    """Whether FastAPI validates and writes what the endpoint returns."""
    if told.kind != "model":
        return False
    read = reading(function)
    values = [read.value(item.node) for item in read.returned()] if read is not None else []
    return not values or not all(is_response(function, value) for value in values)
