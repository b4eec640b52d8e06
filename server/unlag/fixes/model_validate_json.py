"""Gives JSON to Pydantic as it is: `M(**json.loads(body))` becomes `M.model_validate_json(body)`.

Knows how decoders take their text; which models read JSON alike is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.layout import fitted
from unlag.fixes.names import bound_by, meaning
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place
from unlag.fixes.unused import without_statement

_RENAMED = {
    "model_validate": "model_validate_json",
    "parse_obj": "model_validate_json",
    "validate_python": "validate_json",
}
_LOADS = "json.loads"
_LOAD = "json.load"


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Validate the text or bytes that the dict at the span is decoded from."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    call = place.node
    given = _given(call) if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or given is None:
        return Refusal("It is not known what this validates.")
    above = _assignment(place, given) if isinstance(given, ast.Name) else None
    if isinstance(above, Refusal):
        return above
    decoding = given if above is None else above.value
    text = _text(place, decoding)
    if text is None:
        return Refusal("It is not known what this is decoded from.")
    if above is not None and (changed := _changed(place, above)):
        return Refusal(f"`{changed}` is used between the decoding and here: move it by hand.")
    return _rewritten(place, call, text, above)


def _given(call: ast.Call) -> ast.expr | None:
    match call:
        case ast.Call(args=[], keywords=[ast.keyword(arg=None, value=value)]):
            return value
        case ast.Call(func=ast.Attribute(attr=name), args=[value], keywords=[]):
            return value if name in _RENAMED else None
    return None


def _assignment(place: Place, name: ast.Name) -> ast.Assign | Refusal:
    """The statement that gives `name` its value, in the same block and above the call."""
    for other in place.block[: place.block.index(place.statement)]:
        match other:
            case ast.Assign(targets=[ast.Name(id=bound)]) if bound == name.id:
                return other
    return Refusal(f"`{name.id}` gets its value in another block: move the decoding by hand.")


def _changed(place: Place, above: ast.Assign) -> str:
    """A name that the decoding reads and that a statement below it may change; empty where there is none."""
    block = place.block
    between = block[block.index(above) + 1 : block.index(place.statement)]
    read = {one.id for one in ast.walk(above.value) if isinstance(one, ast.Name)}
    is_file = isinstance(above.value, ast.Call) and meaning(place, above.value.func) == _LOAD
    for node in (one for statement in between for one in ast.walk(statement)):
        if is_file and isinstance(node, ast.Name) and node.id in read:
            return node.id
        if name := next((name for name in bound_by(node) if name in read), ""):
            return name
    return ""


def _text(place: Place, node: ast.expr) -> str | None:
    """The text or bytes that an expression decodes."""
    match node:
        case ast.Call(args=[text], keywords=[]) if meaning(place, node.func) == _LOADS:
            return place.code(text)
        case ast.Call(args=[file], keywords=[]) if meaning(place, node.func) == _LOAD:
            is_simple = isinstance(file, ast.Name | ast.Attribute | ast.Call)
            return f"{place.code(file)}.read()" if is_simple else None
        case ast.Await(value=ast.Call(func=ast.Attribute(attr="json", value=owner), args=[])):
            return f"await {place.code(owner)}.body()"
        case ast.Call(func=ast.Attribute(attr="json", value=owner), args=[]):
            return f"{place.code(owner)}.content"
    return None


def _rewritten(
    place: Place, call: ast.Call, text: str, above: ast.Assign | None
) -> tuple[Edit, ...] | Refusal:
    function = call.func
    if isinstance(function, ast.Attribute) and not call.keywords:
        start, end = place.span(function), place.span(function)
        owner = Span(start.line, start.column, end.end_line, end.end_column - len(function.attr))
        callee = f"{place.between(owner)}{_RENAMED[function.attr]}"
    else:
        callee = f"{place.code(function)}.model_validate_json"
    new = f"{callee}({text})"
    old = place.code(call) + (place.code(above) if above is not None else "")
    if comments(new) != comments(old):
        return Refusal("A comment inside the call would be lost.")
    made = [Edit(place.path, place.span(call), fitted(place, new, callee))]
    if above is not None:
        removed = without_statement(place, above)
        if removed is None:
            return Refusal("Another statement stands in the line of the decoding.")
        made.append(removed)
    return tuple(sorted(made, key=lambda item: item.span))
