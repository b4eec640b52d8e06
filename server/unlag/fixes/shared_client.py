"""Moves a client that is built for each request into the application's lifespan, and takes it from there.

The lifespan can stand in another file, or nowhere yet. That the client is the same for every request, and the
function one that FastAPI calls, is for the rule to know.
"""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.client_use import name_of, taken
from unlag.fixes.import_lists import together
from unlag.fixes.lifespans import Shared, with_shared
from unlag.fixes.names import dotted, local_names, meaning
from unlag.fixes.signatures import given
from unlag.fixes.tree import Place
from unlag.source.running import Function

_REQUESTS = frozenset({"starlette.requests.Request", "fastapi.Request", "fastapi.requests.Request"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Build the client in the lifespan; the arguments say where that is and how it is closed."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if not isinstance(place.node, ast.Call) or place.function is None:
        return Refusal("Only a client that a function builds can be shared.")
    form, *where = request.arguments
    shared = _shared(place, form, same_file=where[0] == request.path)
    if isinstance(shared, Refusal):
        return shared
    owner = place.up_to(place.function)
    if _is_lifespan(place.function, where):
        return Refusal("The client stands in a lifespan already.")
    found = _request(owner)
    if isinstance(found, Refusal):
        return found
    name, added = found
    kept = with_shared(request, where, shared)
    if isinstance(kept, Refusal):
        return kept
    state, made = kept
    used = taken(place, f"{name}.app.state.{state}", _hint(place))
    if isinstance(used, Refusal):
        return used
    own = [edit for edit in made if edit.path == place.path]
    others = [edit for edit in made if edit.path != place.path]
    return (*ordered(together((*added, *own, *used))), *ordered(together(others)))


def _is_lifespan(function: Function, where: list[str]) -> bool:
    if len(where) > 1 and where[-1].rpartition(".")[2] == function.name:
        return True
    return any("asynccontextmanager" in ast.unparse(one) for one in function.decorator_list)


def _shared(place: Place, form: str, *, same_file: bool) -> Shared | Refusal:
    """What the lifespan has to build."""
    node = place.node
    assert isinstance(node, ast.Call)
    class_ = meaning(place, node.func)
    if class_ is None:
        return Refusal("It is not seen where the client's class comes from.")
    needed = local_names(place, node)
    if needed:
        return Refusal(f"The client is given `{sorted(needed)[0]}`, which only the function knows.")
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    root = (dotted(node.func) or "").partition(".")[0]
    if not same_file and names - {root}:
        return Refusal(f"The application's file does not know `{sorted(names - {root})[0]}`.")
    text = _on_one_line(place.code(node))
    if text is None:
        return Refusal("A comment inside the call would be lost.")
    return Shared(class_, dotted(node.func) or "", text, name_of(node, class_), form)


def _hint(place: Place) -> str:
    """The annotation of a name that gets the client, which nothing on `app.state` has."""
    assert isinstance(place.node, ast.Call)
    callee = dotted(place.node.func) or ""
    return f": {callee}" if callee.rpartition(".")[2][:1].isupper() else ""


def _on_one_line(text: str) -> str | None:
    if "\n" not in text:
        return text
    if "#" in text or '"""' in text or "'''" in text:
        return None
    joined = " ".join(line.strip() for line in text.split("\n"))
    return re.sub(r",? ?\)$", ")", joined.replace("( ", "("))


def _request(owner: Place) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The name under which the function gets the request, and the edits that make it so."""
    same = "starlette.requests.Request"
    return given(owner, _REQUESTS, "fastapi", "Request", same, "request")
