"""Sends a buffer in memory as it is: `StreamingResponse(buffer)` becomes `Response(buffer.getvalue())`.

That the name holds a buffer is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import Available, member
from unlag.fixes.names import meaning
from unlag.fixes.tree import Place

_MODULES = ("fastapi.responses", "starlette.responses")
_STREAMING = frozenset(f"{module}.StreamingResponse" for module in _MODULES)
_WHOLE = frozenset({"fastapi.Response", *(f"{module}.Response" for module in _MODULES)})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Make a plain response of what the buffer holds, and say so in the function's annotation."""
    found = tree.call(request)
    if isinstance(found, Refusal):
        return found
    place, call = found
    class_ = meaning(place, call.func)
    if class_ not in _STREAMING:
        return Refusal("It is not seen where `StreamingResponse` comes from.")
    content = _content(call)
    if content is None:
        return Refusal("The buffer is not handed over by its name.")
    if any(
        isinstance(n, ast.Attribute) and n.attr == "body_iterator" for n in ast.walk(place.tree)
    ):
        return Refusal("The file uses `body_iterator`, which only a streaming response has.")
    whole = _response(place, call.func, class_)
    if whole is None:
        return Refusal("`Response` means something else in this file.")
    named = [*_annotations(place), call.func]
    return ordered(
        (
            *whole.edits,
            *(Edit(place.path, place.span(node), whole.name) for node in named),
            Edit(place.path, place.span(content), f"{content.id}.getvalue()"),
        )
    )


def _content(call: ast.Call) -> ast.Name | None:
    given = [*call.args[:1], *(item.value for item in call.keywords if item.arg == "content")]
    return given[0] if len(given) == 1 and isinstance(given[0], ast.Name) else None


def _response(place: Place, callee: ast.expr, class_: str) -> Available | None:
    """How the file writes `Response`."""
    if isinstance(callee, ast.Attribute):
        return Available(f"{place.code(callee.value)}.Response")
    if meaning(place, ast.Name("Response", ast.Load())) in _WHOLE:
        return Available("Response")
    return member(place, class_.rpartition(".")[0], "Response")


def _annotations(place: Place) -> list[ast.expr]:
    """Where the function around and the variable say that it is a streaming response."""
    function = place.function
    said = [
        function.returns if function is not None else None,
        place.parent.annotation if isinstance(place.parent, ast.AnnAssign) else None,
    ]
    return [node for node in said if node is not None and meaning(place, node) in _STREAMING]
