"""Moves a client that is built for each request into a function that builds it once and remembers it.

For functions that the lifespan does not reach: helpers and methods know no application. An equal function that the
file has already is used again.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.cached_functions import cached, importing, is_remembered
from unlag.fixes.client_use import name_of, taken
from unlag.fixes.composing import apply_edits, composed
from unlag.fixes.each_call import passed
from unlag.fixes.names import local_names, meaning
from unlag.fixes.tree import Place


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Take the client at the span from a cached function, and define that where the file has none.

    Takes the names of the options that differ from request to request, which go to each call of the client.
    """
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    if request.arguments:
        return _with_options(request, place, call)
    return _taken(place, call)


def _with_options(request: FixRequest, place: Place, call: ast.Call) -> tuple[Edit, ...] | Refusal:
    moved = passed(place, call, request.arguments)
    if isinstance(moved, Refusal):
        return moved
    span, text = request.span, moved[0].text
    bare = Span(span.line, span.column, span.line, span.column + len(text))
    after = msgspec.structs.replace(
        request, text=apply_edits(request.text, moved), span=bare, arguments=()
    )
    made = edits(after)
    return made if isinstance(made, Refusal) else composed(request.text, moved, made)


def _taken(place: Place, call: ast.Call) -> tuple[Edit, ...] | Refusal:
    class_ = meaning(place, call.func)
    if place.function is None or class_ is None:
        return Refusal("It is not seen where the client's class comes from.")
    if is_remembered(place):
        return Refusal("The function remembers what it gave already.")
    needed = local_names(place, call)
    imports = importing(place, needed)
    if len(imports) < len(needed):
        return Refusal(f"The client is given `{sorted(needed)[0]}`, which only the function knows.")
    source = cached(place, call, f"get_{name_of(call, class_)}", tuple(imports))
    if isinstance(source, Refusal):
        return source
    name, defining = source
    used = taken(place, f"{name}()")
    return used if isinstance(used, Refusal) else ordered((*defining, *used))
