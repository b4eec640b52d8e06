"""Steps of ways that are one of several: methods of an interface's implementations, cases of types."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Step
from unlag.project.callables import CALLED
from unlag.project.graph import category_of
from unlag.project.links import Edge
from unlag.rules.event_loop._boundaries import Boundary, anything
from unlag.rules.event_loop._ways import Accepts, way_from
from unlag.rules.places import Chain, chain_to, tree_of
from unlag.rules.view import FunctionView
from unlag.source import facts

_SEVERAL, _MANY = 3, 8


def is_one_of_several(function: FunctionView, boundary: Boundary, accepts: Accepts) -> bool:
    """Whether a step of a way can run three functions or more, of which fewer than half lead to an accepted hazard."""
    return _is_one_of(function, boundary, accepts, _SEVERAL, 2)


def is_one_of_many(function: FunctionView, boundary: Boundary, accepts: Accepts = anything) -> bool:
    """Whether a step can run eight functions or more, of which fewer than a quarter lead to an accepted hazard."""
    return _is_one_of(function, boundary, accepts, _MANY, 4)


def is_one_case_of_many(function: FunctionView, boundary: Boundary) -> bool:
    """Whether a step stands in one of eight cases or more that tell the type of an object: `case DataFrame():`."""
    for caller_id, alternatives in _steps(function, boundary):
        caller = function.index.function(caller_id)
        if caller is None or not alternatives or not alternatives[0].flags & facts.CONDITIONAL:
            continue
        if _cases_of_types(chain_to(tree_of(function.index, caller), alternatives[0])) >= _MANY:
            return True
    return False


def _cases_of_types(chain: Chain) -> int:
    """How many types the `match`, or the `if` with its `elif`, tells apart that a node stands in."""
    for node in chain:
        if isinstance(node, ast.Match):
            return sum(
                isinstance(part, ast.MatchClass)
                for case in node.cases
                for part in ast.walk(case.pattern)
            )
        if isinstance(node, ast.If):
            return sum("isinstance(" in ast.unparse(test) for test in _tests(node))
    return 0


def _tests(node: ast.If) -> Iterator[ast.expr]:
    """What an `if` and each `elif` behind it ask."""
    following: ast.stmt | None = node
    while isinstance(following, ast.If):
        yield following.test
        following = following.orelse[0] if len(following.orelse) == 1 else None


def _is_one_of(
    function: FunctionView, boundary: Boundary, accepts: Accepts, least: int, share: int
) -> bool:
    category = category_of(boundary.hazard)
    for caller_id, alternatives in _steps(function, boundary):
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


def _steps(function: FunctionView, boundary: Boundary) -> Iterator[tuple[str, list[Edge]]]:
    """Each step of a way but the last: the function that makes it, and all that runs where it stands."""
    for step in boundary.trail[:-1]:
        caller_id = f"{step.path}:{step.function}"
        yield caller_id, list(_alternatives(function, caller_id, step))


def _alternatives(function: FunctionView, caller_id: str, step: Step) -> Iterator[Edge]:
    """The functions of one name that run where a step stands."""
    name = step.call.rpartition(".")[2]
    links = function.index.links.get(caller_id)
    line = step.line - function.index.offset_of(caller_id)
    for edge in links.edges if links is not None else ():
        is_there = (edge.line, edge.column) == (line, step.column) and edge.how == CALLED
        if is_there and edge.target.rpartition(":")[2].rpartition(".")[2] == name:
            yield edge
