"""Calls that stand for one of several functions: the methods of an interface's implementations."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Step
from unlag.project.callables import CALLED
from unlag.project.graph import category_of
from unlag.project.links import Edge
from unlag.rules.event_loop._boundaries import Boundary, anything
from unlag.rules.event_loop._ways import Accepts, way_from
from unlag.rules.view import FunctionView

_SEVERAL, _MANY = 3, 8


def is_one_of_several(function: FunctionView, boundary: Boundary, accepts: Accepts) -> bool:
    """Whether a step of a way can run three functions or more, of which fewer than half lead to an accepted hazard."""
    return _is_one_of(function, boundary, accepts, _SEVERAL, 2)


def is_one_of_many(function: FunctionView, boundary: Boundary, accepts: Accepts = anything) -> bool:
    """Whether a step can run eight functions or more, of which fewer than a quarter lead to an accepted hazard."""
    return _is_one_of(function, boundary, accepts, _MANY, 4)


def _is_one_of(
    function: FunctionView, boundary: Boundary, accepts: Accepts, least: int, share: int
) -> bool:
    category = category_of(boundary.hazard)
    for step in boundary.trail[:-1]:
        caller_id = f"{step.path}:{step.function}"
        alternatives = list(_alternatives(function, caller_id, step))
        if len(alternatives) < least:
            continue
        caller = function.index.function(caller_id)
        if caller is None:
            continue
        view = FunctionView(function.index, caller, function.offload_style)
        reaches = function.index.graph.reaches[category]
        holding = [
            edge
            for edge in alternatives
            if edge.target in reaches and way_from(view, edge, category, accepts) is not None
        ]
        if share * len(holding) < len(alternatives):
            return True
    return False


def _alternatives(function: FunctionView, caller_id: str, step: Step) -> Iterator[Edge]:
    """The functions of one name that run where a step stands."""
    name = step.call.rpartition(".")[2]
    links = function.index.links.get(caller_id)
    line = step.line - function.index.offset_of(caller_id)
    for edge in links.edges if links is not None else ():
        is_there = (edge.line, edge.column) == (line, step.column) and edge.how == CALLED
        if is_there and edge.target.rpartition(".")[2] == name:
            yield edge
