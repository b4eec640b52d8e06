"""Takes settings from a function that reads them once, in place of reading the environment each time.

A cached function that the project has is used; where it has none, one is defined above.
"""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.cached_functions import cached, importing, is_remembered, known
from unlag.fixes.imports import Import, insertion, member
from unlag.fixes.names import dotted, local_names
from unlag.fixes.tree import Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Call a cached function in place of the class at the span.

    Takes the module and the name of one that the project has, or nothing.
    """
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    if place.function is None or is_remembered(place):
        return Refusal("The settings are read once already.")
    needed = local_names(place, call)
    imports = importing(place, needed)
    if len(imports) < len(needed):
        return Refusal(f"The settings need `{sorted(needed)[0]}`, which only the function knows.")
    source = _source(request, place, call, imports)
    if isinstance(source, Refusal):
        return source
    name, defining = source
    used = Edit(place.path, place.span(call), f"{name}()")
    return ordered((*defining, used))


def _source(
    request: FixRequest, place: Place, call: ast.Call, imports: dict[str, Import]
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """How the cached function is called here, and the edits that make it known."""
    if request.arguments and not known(place, call):
        module, name = request.arguments
        for statement in imports.values():  # a function that imports late does so to break a circle
            return name, (_beside(place, statement, f"from {module} import {name}"),)
        available = member(place, module, name)
        if available is not None:
            return available.name, available.edits
    return cached(place, call, _name(call), tuple(imports))


def _beside(place: Place, statement: ast.stmt, line: str) -> Edit:
    """An import below another one of a function."""
    indent = place.lines[statement.lineno - 1][: place.span(statement).column]
    return insertion(place, (statement.end_lineno or statement.lineno) + 1, f"{indent}{line}\n")


def _name(call: ast.Call) -> str:
    """`get_` and the class, in the words of functions: `get_oauth_settings`."""
    made = (dotted(call.func) or "settings").rpartition(".")[2].lstrip("_")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z])", "_", made)
    return f"get_{words.lower()}"
