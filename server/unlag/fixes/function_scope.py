"""Ends a dependency with the endpoint: `Depends(get_session)` gets `scope="function"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.layout import quoted
from unlag.fixes.names import dotted
from unlag.fixes.tree import Function, Place
from unlag.source.signature import with_defaults


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Add the scope to the `Depends` of the parameter that the first argument names."""
    place = tree.surroundings(request)
    if isinstance(place, Refusal):
        return place
    name = request.arguments[0]
    for node in reversed(place.chain):
        if isinstance(node, Function):
            return _in_signature(place.up_to(node), name)
    return Refusal("The place stands in no function.")


def _in_signature(place: Place, name: str) -> tuple[Edit, ...] | Refusal:
    for call in _calls(place.node, name):
        if any(item.arg == "scope" for item in call.keywords):
            return Refusal(f"The dependency of `{name}` says its scope already.")
        if not call.args and not call.keywords:
            return Refusal(f"`Depends()` of `{name}` names no function.")
        return (keywords.added(place, call, [f"scope={quoted(place, 'function')}"]),)
    return Refusal(f"The signature does not say `Depends` for `{name}` itself.")


def _calls(function: ast.AST, name: str) -> Iterator[ast.Call]:
    """The `Depends` calls in a parameter's annotation and default."""
    assert isinstance(function, Function)
    for one, default in with_defaults(function.args):
        for part in (one.annotation, default) if one.arg == name else ():
            for node in ast.walk(part) if part is not None else ():
                if isinstance(node, ast.Call):
                    if (dotted(node.func) or "").rpartition(".")[2] == "Depends":
                        yield node
