"""Moves a call with constant arguments into a function of its own that remembers its result.

It sees to the names: what the call needs must be known at module level.
"""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import as_value
from unlag.fixes.imports import either, insertion
from unlag.fixes.names import bound_in, dotted, unused, visible_scopes
from unlag.fixes.tree import Function, Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Call a cached function in place of the call at the span, and define it above."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    outer = next((node for node in place.around if isinstance(node, Function)), None)
    if not isinstance(place.node, ast.Call) or outer is None:
        return Refusal("Only a call in a function can be moved.")
    if place.up_to(outer).parent is not place.tree:
        return Refusal("The function stands in a class or another function: move the call by hand.")
    if any(ast.unparse(one).partition("(")[0].endswith("cache") for one in outer.decorator_list):
        return Refusal(f"`{outer.name}` remembers what it gave already.")
    local = {name for scope in visible_scopes(place) for name, _ in bound_in(scope)}
    needed = {node.id for node in ast.walk(place.node) if isinstance(node, ast.Name)} & local
    if needed:
        return Refusal(f"The call uses `{sorted(needed)[0]}`, which only the function knows.")
    module = place.up_to(outer)
    found = either(module, "functools", "lru_cache")
    if found is None:
        return Refusal("`lru_cache` means something else in this module.")
    name = unused(place, _name(place))
    line = min([outer.lineno, *(one.lineno for one in outer.decorator_list)])
    text = f"@{found.name}\ndef {name}(){_annotation(place)}:\n    return {as_value(place, '    ')}\n\n\n"
    moved = Edit(place.path, place.span(place.node), f"{name}()")
    return ordered((*found.edits, insertion(module, line, text), moved))


def _name(place: Place) -> str:
    """`get_` and what the result is called here, or what makes it."""
    match place.parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if len(name) > 2:
            return f"get_{name}"
    assert isinstance(place.node, ast.Call)
    made = dotted(place.node.func) or "setup"
    parts = made.split(".")
    last = parts[-2] if parts[-1].startswith(("from_", "load")) and len(parts) > 1 else parts[-1]
    return "get_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()


def _annotation(place: Place) -> str:
    assert isinstance(place.node, ast.Call)
    made = dotted(place.node.func) or ""
    return f" -> {made}" if made.rpartition(".")[2][:1].isupper() else ""
