"""Puts `@lru_cache` above a function without parameters.

That the function gives the same whenever it runs is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import either, insertion


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Cache the plain function that the span stands in, and import what does that."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    function = inside.function
    if not isinstance(function, ast.FunctionDef):
        return Refusal("Only a plain function can remember what it gave.")
    if inside.up_to(function).parent is not inside.tree:
        return Refusal("Only a function at module level is made once and can remember.")
    if function.decorator_list or any(ast.iter_child_nodes(function.args)):
        return Refusal(f"`{function.name}` has parameters or decorators: cache it by hand.")
    place = inside.up_to(function)
    found = either(place, "functools", "lru_cache")
    if found is None:
        return Refusal("`lru_cache` means something else in this module.")
    line = place.span(function).line
    return ordered((*found.edits, insertion(place, line, f"@{found.name}\n")))
