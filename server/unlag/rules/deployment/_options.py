"""Arguments that do not stand in a call: options it takes as `**options`, and attributes set behind it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from unlag.rules.deployment._calls import node_of, statements_of
from unlag.rules.nodes import all_nodes
from unlag.rules.places import dotted, names_in
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

_PLAIN = frozenset({"copy", "get", "items", "keys", "values"})
"""Methods of a dict that leave it as it is."""


class Option(msgspec.Struct, frozen=True):
    """What a call is given by name through a dict."""

    value: ast.expr
    options: str
    """The name of the dict, as `**` takes it; empty for one that stands in the call."""


def in_options(view: FunctionView, call: Call, name: str) -> Option | None:
    """What `**options` gives a call for `name`, where `options` is one dict display that nobody changes."""
    starred = [argument for argument in call.arguments if argument.startswith("**")]
    node = node_of(view, call) if len(starred) == 1 else None
    if node is None:
        return None
    given = next(item.value for item in node.keywords if item.arg is None)
    if not isinstance(given, ast.Name):
        value = _entry(given, name)
        return Option(value, "") if value is not None else None
    return _held(view, given.id, name)


def _held(view: FunctionView, options: str, name: str) -> Option | None:
    """What a dict that a name of the function or of its module holds says."""
    is_local = any(item.name == options for item in view.facts.bindings)
    if any(item.name == options for item in view.facts.parameters):
        return None
    body = statements_of(view, whole_file=not is_local)
    display = _only_value(body, options)
    value = _entry(display, name) if display is not None else None
    if value is None or (not is_local and names_in(value) & _own_names(view)):
        return None
    return Option(value, options)


def _own_names(view: FunctionView) -> set[str]:
    return {item.name for item in view.facts.bindings} | {
        item.name for item in view.facts.parameters
    }


def _only_value(body: Sequence[ast.stmt], name: str) -> ast.expr | None:
    """What is given to `name` in its only assignment, where all else that names it reads it."""
    found: list[ast.expr] = []
    reads = 0
    for node in (inner for statement in body for inner in all_nodes(statement)):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                found.append(value)
                reads += 1
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                found += [value] * (target == name)
                reads += target == name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)):
                reads += owner == name and method in _PLAIN
            case ast.keyword(arg=None, value=ast.Name(id=owner)):
                reads += owner == name
            case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Load()):
                reads += owner == name
            case ast.Name(id=mention) if mention == name:
                reads -= 1
            case ast.arg(arg=mention) if mention == name:
                return None  # of another function: whose is it below?
    return found[0] if len(found) == 1 and reads == 0 else None


def _entry(display: ast.expr, name: str) -> ast.expr | None:
    """What a dict display or a `dict(...)` holds under `name`; None where that is not certain."""
    match display:
        case ast.Dict(keys=keys, values=values):
            entries = list(zip(keys, values, strict=True))
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            entries = [(ast.Constant(one.arg) if one.arg else None, one.value) for one in keywords]
        case _:
            return None
    for key, value in reversed(entries):
        if not isinstance(key, ast.Constant):
            return None  # it can be this one
        if key.value == name:
            return value
    return None


def set_behind(view: FunctionView, call: Call, name: str) -> ast.Assign | None:
    """The statement beside a call's own that gives `name` of the object it made `True`."""
    holding = [b.name for b in view.facts.bindings if b.path.endswith(f"{call.target}()")]
    set_anywhere = view.index.tables[view.entry.path].global_bindings
    if not any(f"{one}.{name}" in set_anywhere for one in holding):
        return None
    body = statements_of(view)
    node = node_of(view, call)
    site = (node.lineno, node.col_offset) if node is not None else None
    made = ""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call() as value):
                if (value.lineno, value.col_offset) == site:
                    made = target
            case ast.Assign(targets=[ast.Attribute() as target], value=ast.Constant(value=True)):
                if made and dotted(target) == f"{made}.{name}":
                    return statement
    return None
