"""What FastAPI does with what an endpoint returns: the response model, the response class, the gates."""

from __future__ import annotations

import msgspec

from unlag.project.registration import Answer
from unlag.project.resolver import Place
from unlag.project.routes import Route
from unlag.project.values import (
    Alternatives,
    Class,
    Collection,
    External,
    ExternalInstance,
    Instance,
    Value,
    each,
)
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.scopes import MODULE

RESPONSE = frozenset({"starlette.responses.Response"})


class Declared(msgspec.Struct, frozen=True):
    """The response model of an endpoint."""

    kind: str
    """model: FastAPI validates against one; none: nothing is said; off: `response_model=None`;
    response: the annotation is a Response; unknown: something is said that cannot be followed."""
    value: Value
    """An object of the response model, where it is known."""
    answer: Answer
    routes: tuple[Route, ...]
    is_annotation: bool = False
    """Whether the return annotation is the response model."""

    @property
    def narrows(self) -> bool:
        """Whether options change which fields are written."""
        return any(item.startswith("response_model_") for item in self.answer.options)


def declared(function: FunctionView) -> Declared | None:
    """What the routes of an endpoint say of its answers; None for what is no endpoint of FastAPI's.

    None also where several routes of one function say different things, and for generators, which stream.
    """
    return function.once(_declared)


def _declared(function: FunctionView) -> Declared | None:
    if function.facts.flags & facts.GENERATOR:
        return None
    found: tuple[Route, ...] = function.index.routes.by_function.get(function.entry.id, ())
    if not found or any(route.answer is None or route.label != "route" for route in found):
        return None
    answer = found[0].answer
    if answer is None or any(route.answer != answer for route in found):
        return None
    if answer.model == "None":
        return Declared("off", None, answer, found)
    if answer.model:
        value = _type(function, _place(answer.place), answer.model)
        return Declared("model" if value is not None else "unknown", value, answer, found)
    if not answer.returns:
        kind = "unknown" if _is_annotated(function) else "none"
        return Declared(kind, None, answer, found)
    place = Place(function.entry.path, function.facts.parent or MODULE)
    value = _type(function, place, answer.returns)
    if is_response(function, value):
        return Declared("response", value, answer, found)
    return Declared("model" if value is not None else "unknown", value, answer, found, True)


def is_response(function: FunctionView, value: Value) -> bool:
    """Whether a value, or one of its alternatives, is a Response."""
    for item in each(value):
        if isinstance(item, ExternalInstance) and function.knowledge.is_a(item.name, RESPONSE):
            return True
        if isinstance(item, Instance):
            bases = function.index.resolver.outside_bases(item.id)
            if any(function.knowledge.is_a(base, RESPONSE) for base in bases):
                return True
    return False


def response_class(function: FunctionView, answer: Answer) -> str:
    """The outside name or the id of the class that a route or router answers with."""
    if not answer.response_class or answer.response_class[0] in "'#":
        return ""
    value = function.index.resolver.resolve(_place(answer.place), answer.response_class)
    if isinstance(value, External):
        return function.knowledge.canonical(value.name)
    return value.id if isinstance(value, Class) else ""


def says_status(function: FunctionView) -> bool:
    """Whether a route has a status of its own, which a response that is made by hand does not take."""
    given = (one.keyword("status_code") for one in function.facts.decorators)
    return any(status is not None and not is_ok(status) for status in given)


def is_ok(status: str) -> bool:
    """Whether a status, as facts write it, is the one that responses have anyhow."""
    return status == "#200" or status.rpartition(".")[2] == "HTTP_200_OK"


def is_new(function: FunctionView) -> bool:
    """Whether the project runs with Pydantic 2 and a FastAPI that knows it."""
    return function.at_least("pydantic", "2") and function.at_least("fastapi", "0.100")


def writes_json_directly(function: FunctionView) -> bool:
    """Whether FastAPI has Pydantic write the JSON of an answer under a response model."""
    return is_new(function) and function.at_least("fastapi", "0.130")


def is_list_of(value: Value, element: Value) -> bool:
    """Whether `value` is a list of `element`."""
    return isinstance(value, Collection) and not value.is_mapping and value.element == element


def is_union(value: Value) -> bool:
    """Whether a value can be of several types."""
    return isinstance(value, Alternatives)


def _type(function: FunctionView, place: Place, path: str) -> Value:
    return function.index.resolver.instance_of(place, path)


def _place(function_id: str) -> Place:
    path, _, qualname = function_id.rpartition(":")
    return Place(path, qualname)


def _is_annotated(function: FunctionView) -> bool:
    """Whether there is a return annotation that facts do not keep, such as a Literal or `None`."""
    if not _has_arrow(function):
        return False
    syntax = function.syntax(function.entry)
    return syntax is not None and syntax.node.returns is not None


def _has_arrow(function: FunctionView) -> bool:
    """Whether an arrow stands in the head of a function, as far as lines and parentheses tell where it ends."""
    head = ""
    for line in function.index.lines_in(function.entry):
        head += line.partition("#")[0].rstrip()
        if "->" in head:
            return True
        if head.endswith(":") and head.count("(") == head.count(")"):
            return False
    return True
