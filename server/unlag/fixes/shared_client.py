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
from unlag.fixes.blocks import dedented, lines_of, replaced
from unlag.fixes.import_lists import together
from unlag.fixes.lifespans import Shared, with_shared
from unlag.fixes.names import bound_in, dotted, meaning, visible_scopes
from unlag.fixes.signatures import given
from unlag.fixes.tree import Function, Place

_REQUESTS = frozenset({"starlette.requests.Request", "fastapi.Request", "fastapi.requests.Request"})
_HTTP = frozenset({"httpx", "httpx2", "aiohttp", "requests"})


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
    used = _taken(place, f"{name}.app.state.{state}")
    if isinstance(used, Refusal):
        return used
    own = [edit for edit in made if edit.path == place.path]
    others = [edit for edit in made if edit.path != place.path]
    return (*ordered(together((*added, *own, used))), *ordered(together(others)))


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
    local = {name for scope in visible_scopes(place) for name, _ in bound_in(scope)}
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if names & local:
        return Refusal(
            f"The client is given `{sorted(names & local)[0]}`, which only the function knows."
        )
    root = (dotted(node.func) or "").partition(".")[0]
    if not same_file and names - {root}:
        return Refusal(f"The application's file does not know `{sorted(names - {root})[0]}`.")
    text = _on_one_line(place.code(node))
    if text is None:
        return Refusal("A comment inside the call would be lost.")
    return Shared(class_, dotted(node.func) or "", text, _state_name(node, class_), form)


def _on_one_line(text: str) -> str | None:
    if "\n" not in text:
        return text
    if "#" in text or '"""' in text or "'''" in text:
        return None
    joined = " ".join(line.strip() for line in text.split("\n"))
    return re.sub(r",? ?\)$", ")", joined.replace("( ", "("))


def _state_name(node: ast.Call, class_: str) -> str:
    root = class_.partition(".")[0]
    if root in _HTTP:
        return "http_client"
    first = node.args[0] if node.args else None
    service = first.value if isinstance(first, ast.Constant) else None
    if root in ("boto3", "aioboto3") and isinstance(service, str):
        return re.sub(r"\W", "_", f"{service}_client")
    return f"{root}_client"


def _request(owner: Place) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The name under which the function gets the request, and the edits that make it so."""
    same = "starlette.requests.Request"
    return given(owner, _REQUESTS, "fastapi", "Request", same, "request")


def _taken(place: Place, source: str) -> Edit | Refusal:
    """The edit that takes the client from `source` in place of building it."""
    assert isinstance(place.node, ast.Call)
    callee = dotted(place.node.func) or ""
    hint = f": {callee}" if callee.rpartition(".")[2][:1].isupper() else ""
    match place.parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            if _is_closed(place, name):
                return Refusal(f"`{name}` is closed in the function, which would close it for all.")
            return Edit(place.path, place.span(place.parent), f"{name}{hint} = {source}")
        case ast.AnnAssign():
            return Edit(place.path, place.span(place.node), source)
        case ast.withitem(optional_vars=ast.Name(id=name)):
            return _without_block(place, f"{name}{hint} = {source}")
    return Refusal("The client has no name here: give it one first.")


def _is_closed(place: Place, name: str) -> bool:
    """Whether the function, or one inside of it, closes what it calls `name` or hands that on."""
    assert place.function is not None
    for node in ast.walk(place.function):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr="close" | "aclose" | "__aexit__"):
                if owner == name:
                    return True
    return False


def _without_block(place: Place, statement: str) -> Edit | Refusal:
    """The edit that puts a statement and the block's own lines in place of a `with` block."""
    block = place.up_to(place.statement)
    node = block.node
    assert isinstance(node, ast.With | ast.AsyncWith)
    if len(node.items) != 1:
        return Refusal(
            "The `with` enters more than the client: give the client a `with` of its own."
        )
    lines = lines_of(block, node)
    if isinstance(lines, Refusal):
        return lines
    end = node.items[0].optional_vars
    assert end is not None
    head = place.span(end)
    rest = place.lines[head.end_line - 1][head.end_column :]
    if node.body[0].lineno <= head.end_line or not re.fullmatch(r"\)?:\s*(#.*)?", rest.strip()):
        return Refusal("The head of the `with` block is written in an unusual way.")
    comment = rest[rest.index("#") :] if "#" in rest else ""
    inside = "\n".join(place.lines[head.end_line : lines.last])
    first = f"{lines.indent}{statement}{'  ' + comment if comment else ''}"
    return replaced(place, lines, f"{first}\n{dedented(inside, lines.unit)}")
