"""Gives a function one more parameter, placed and written as its other parameters are."""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.imports import member
from unlag.fixes.names import bound_in, meaning, parameters
from unlag.fixes.tree import Place, empty
from unlag.source.running import Function


def known_parameter(place: Place, classes: frozenset[str]) -> str | None:
    """The name of a parameter of the function at `place` whose annotation is one of `classes`."""
    for one in parameters(place.node):
        if one.annotation is not None:
            if meaning(place.at(one.annotation), one.annotation) in classes:
                return one.arg
    return None


def given(
    place: Place, classes: frozenset[str], module: str, name: str, same: str, wish: str
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The name under which FastAPI gives the function one of `classes`, and the edits that make it so.

    Where it gives none yet, a parameter called `wish` is added with the annotation `module.name`, which
    is `same` under another path.
    """
    known = known_parameter(place, classes)
    if known is not None:
        return known, ()
    wanted = member(place, module, name, same=same)
    if wanted is None:
        return Refusal(f"`{name}` means something else in this module.")
    free = free_name(place, wish)
    parameter = with_parameter(place, f"{free}: {wanted.name}")
    if isinstance(parameter, Refusal):
        return parameter
    return free, (*wanted.edits, parameter)


def free_name(place: Place, name: str) -> str:
    """`name`, or `name_2`, ... where the function binds it already."""
    taken = {bound for bound, _ in bound_in(place.node)}
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def with_parameter(place: Place, written: str) -> Edit | Refusal:
    """The edit that adds the parameter `written`, such as `request: Request`, which has no default.

    It goes behind the last parameter without a default.
    """
    node = place.node
    assert isinstance(node, Function)
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        return Refusal(f"`{node.name}` takes arguments that are not spelled out.")
    plain = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    if plain:
        return _behind(place, plain[-1], written)
    first = [*arguments.args, *arguments.kwonlyargs][:1]
    if first and not arguments.args:
        return Refusal(f"`{node.name}` takes keywords only: add the parameter by hand.")
    if first:
        span = place.span(first[0])
        indent = place.lines[span.line - 1][: span.column]
        gap = f",\n{indent}" if not indent.strip() else ", "
        return Edit(place.path, empty(span.line, span.column), written + gap)
    return _into_empty(place, node, written)


def with_last_parameter(place: Place, written: str) -> Edit | Refusal:
    """The edit that adds the parameter `written`, which has a default, behind all others."""
    node = place.node
    assert isinstance(node, Function)
    arguments = node.args
    if arguments.vararg or arguments.kwarg:
        return Refusal(f"`{node.name}` takes arguments that are not spelled out.")
    positional = [*arguments.posonlyargs, *arguments.args]
    if arguments.kwonlyargs:
        last, default = arguments.kwonlyargs[-1], arguments.kw_defaults[-1]
    elif positional:
        last, default = positional[-1], arguments.defaults[-1] if arguments.defaults else None
    else:
        return _into_empty(place, node, written)
    if default is None:
        return _behind(place, last, written)
    start, end = place.span(last), place.span(default)
    indent = place.lines[start.line - 1][: start.column]
    rest = place.lines[end.end_line - 1][end.end_column :].strip()
    gap = f",\n{indent}" if not indent.strip() and rest in ("", ",") else ", "
    return Edit(place.path, empty(end.end_line, end.end_column), gap + written)


def _behind(place: Place, last: ast.arg, written: str) -> Edit:
    span = place.span(last)
    indent = place.lines[span.line - 1][: span.column]
    gap = f",\n{indent}" if not indent.strip() and _is_alone(place, last) else ", "
    return Edit(place.path, empty(span.end_line, span.end_column), gap + written)


def _is_alone(place: Place, last: ast.arg) -> bool:
    """Whether a parameter has its line to itself."""
    span = place.span(last)
    rest = place.lines[span.end_line - 1][span.end_column :].strip()
    return rest.partition("#")[0].strip() in ("", ",")


def _into_empty(place: Place, node: ast.FunctionDef | ast.AsyncFunctionDef, written: str) -> Edit:
    span = place.span(node)
    line = place.lines[span.line - 1]
    start = line.index("(", line.index(node.name, span.column)) + 1
    return Edit(place.path, empty(span.line, start), written)
