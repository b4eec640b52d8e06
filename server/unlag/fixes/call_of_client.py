"""Makes a request with a client that is built once, in place of a function that builds one for each request.

`httpx.get(url)` becomes `get_http_client().get(url)`; the client comes from a cached function.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.cached_functions import cached
from unlag.fixes.imports import either
from unlag.fixes.names import local_names, meaning
from unlag.fixes.tree import Place

_NAME = "get_http_client"


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Call the method of a shared client in place of the function at the span.

    Takes the names of the options that a client is given when it is built, or keeps for the next request.
    """
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    library, _, method = (meaning(place, call.func) or "").rpartition(".")
    if place.function is None or not library:
        return Refusal("It is not seen where the function comes from.")
    options = {item.arg for item in call.keywords}
    if None in options or options.intersection(request.arguments):
        return Refusal("The request has options that belong to a client: build one that has them.")
    late = _imported_late(place, call, library)
    module = None if late else either(place.up_to(place.tree), library, "Client")
    if not late and module is None:
        return Refusal("`Client` means something else in this module.")
    class_ = module.name if module is not None else f"{library}.Client"
    client = ast.Call(ast.parse(class_, mode="eval").body, [], [])
    source = cached(place, client, _NAME, late)
    if isinstance(source, Refusal):
        return source
    name, made = source
    used = Edit(place.path, place.span(call.func), f"{name}().{method}")
    return ordered((*(module.edits if module is not None else ()), *made, used))


def _imported_late(place: Place, call: ast.Call, library: str) -> tuple[str, ...]:
    """The import that the new function needs where the library is only imported in the function."""
    return (f"import {library}",) if local_names(place, call.func) else ()
