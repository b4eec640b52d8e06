"""Moves a call with constant arguments into a function of its own that remembers its result.

It sees to the names: what the call needs must be known at module level.
"""

from __future__ import annotations

import ast
import re
from pathlib import PurePath

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.cached_functions import cached, is_remembered
from unlag.fixes.names import dotted, local_names
from unlag.fixes.tree import Place

_READING = frozenset({"read_text", "read_bytes"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Call a cached function in place of the call at the span, and define it above where the file has none."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    if place.function is None:
        return Refusal("Only a call in a function can be moved.")
    if is_remembered(place):
        return Refusal("The function remembers what it gives already.")
    needed = local_names(place, call)
    if needed:
        return Refusal(f"The call uses `{sorted(needed)[0]}`, which only the function knows.")
    source = cached(place, call, _name(place), is_near=True)
    if isinstance(source, Refusal):
        return source
    name, defining = source
    return ordered((*defining, Edit(place.path, place.span(call), f"{name}()")))


def _name(place: Place) -> str:
    """`get_` and what the result is called here, or what makes it."""
    match place.parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if len(name) > 2:
            return f"get_{name}"
    assert isinstance(place.node, ast.Call)
    if file := _file_read(place.node):
        return f"get_{file}"
    made = dotted(place.node.func) or "setup"
    parts = made.split(".")
    last = parts[-2] if parts[-1].startswith(("from_", "load")) and len(parts) > 1 else parts[-1]
    return "get_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()


def _file_read(call: ast.Call) -> str:
    """What the file is called that `(DATA / "prices.yaml").read_text()` reads, as a name; empty for other calls."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _READING:
        return ""
    texts = [
        (node.lineno, node.col_offset, node.value)
        for node in ast.walk(call.func.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    owner = (dotted(call.func.value) or "").rpartition(".")[2]
    file = PurePath(max(texts)[-1]).stem if texts else owner
    return re.sub(r"\W+", "_", file).strip("_").lower()
