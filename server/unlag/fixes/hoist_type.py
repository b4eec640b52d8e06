"""Moves an adapter or a class that a function builds per call to module level, above that function.

It makes sure that all names in it are bound further up in the file; whether they mean the same there is
for the rule to know.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.blocks import as_value, dedented
from unlag.fixes.names import bound_by, bound_in, dotted
from unlag.fixes.tree import Place
from unlag.fixes.unused import without_statement
from unlag.source.running import Function

_PLAIN_NAMES = {"adapter", "type_adapter", "ta", "validator", "parser", "model"}
_OF_TYPING = {"list": "LIST", "List": "LIST", "dict": "DICT", "Dict": "DICT", "set": "SET"}


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Build what stands at the span once."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    classes = [one for one in inside.chain if isinstance(one, ast.ClassDef)]
    at_name = classes and inside.span(classes[-1]).line == request.span.line
    if at_name and not isinstance(inside.node, ast.Call):
        return _moved_class(inside.up_to(classes[-1]), classes[-1])
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if not isinstance(place.node, ast.Call):
        return Refusal("Only a call or a class can be built once.")
    return _moved_call(place, place.node)


# -- a call


def _moved_call(place: Place, call: ast.Call) -> tuple[Edit, ...] | Refusal:
    top = _top(place, call)
    if isinstance(top, Refusal):
        return top
    local = _local_name(place, place.statement, call)
    is_alone = len(place.block) == 1
    removed = without_statement(place, place.statement) if local and not is_alone else None
    name = _built_already(place, call, top)
    made = []
    if not name:
        name = _constant(call, local)
        own = {local} if removed and place.function is top else set()  # its only binding goes
        if name in {bound for bound, _ in bound_in(place.tree)} | (_names_in(top) - own):
            return Refusal(
                f"`{name}` means something else already: choose a name and move it by hand."
            )
        text = f"{name} = {as_value(place, '')}\n\n\n"
        made.append(_above(place, top, text))
    if removed is not None and place.function is not None:
        made.append(removed)
        reads = [one for one in ast.walk(place.function) if _reads(one, local)]
        made.extend(Edit(place.path, place.span(one), name) for one in reads)
    else:
        made.append(Edit(place.path, place.span(call), name))
    return tuple(sorted(made, key=lambda item: item.span))


def _built_already(place: Place, call: ast.Call, top: ast.stmt) -> str:
    """The name that the module gives the same adapter, and nothing else, above the function."""
    if (dotted(call.func) or "").endswith("create_model"):
        return ""
    bound = Counter(name for name, _ in bound_in(place.tree))
    for statement in place.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                is_above = statement.lineno < top.lineno and bound[name] == 1
                if is_above and ast.dump(value) == ast.dump(call) and name not in _names_in(top):
                    return name
    return ""


def _local_name(place: Place, statement: ast.stmt, call: ast.Call) -> str:
    """The name that is given the object and nothing else, if there is one."""
    function = place.function
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
            nodes = list(ast.walk(function)) if function is not None else []
            given = [one for one in nodes if name in _given_by(one)]
            is_only = len(given) == 1 and not any(
                isinstance(one, ast.Global | ast.Nonlocal) for one in nodes
            )
            return name if is_only else ""
    return ""


def _given_by(node: ast.AST) -> tuple[str, ...]:
    return (node.arg,) if isinstance(node, ast.arg) else bound_by(node)


def _constant(call: ast.Call, local: str) -> str:
    if (dotted(call.func) or "").endswith("create_model"):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and str(first.value).isidentifier():
            return str(first.value)
    if local and local.lower() not in _PLAIN_NAMES:
        return local.upper().lstrip("_")
    words: list[str] = []
    suffix = ""
    for name in _names_of(call.args[0]) if call.args else ():
        if name in _OF_TYPING:
            suffix = suffix or f"_{_OF_TYPING[name]}"
        elif name not in ("Annotated", "Union", "Optional", "Literal"):
            words.append(_upper(name))
    return "_".join(words[:2]) + suffix + "_ADAPTER" if words else f"{suffix[1:] or 'TYPE'}_ADAPTER"


def _names_of(node: ast.AST) -> Iterator[str]:
    """The names in a type from left to right, of dotted ones the last part."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Name):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _names_of(child)


def _upper(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().strip("_")


# -- a class


def _moved_class(place: Place, definition: ast.ClassDef) -> tuple[Edit, ...] | Refusal:
    top = _top(place, definition)
    if isinstance(top, Refusal):
        return top
    if definition.name in {bound for bound, _ in bound_in(place.tree)}:
        return Refusal(f"`{definition.name}` means something else at module level already.")
    if len(place.scopes) and not isinstance(place.scopes[0], Function):
        return Refusal("The class stands in another class.")
    if len(place.block) == 1:
        return Refusal("The function would have no body left.")
    first = min([definition.lineno, *(one.lineno for one in definition.decorator_list)])
    last = definition.end_lineno or first
    lines = place.lines[first - 1 : last]
    depth = place.lines[first - 1][: place.span(definition).column]
    text = dedented("\n".join(lines), depth) + "\n\n\n"
    stop = last + 1
    if stop <= len(place.lines) and not place.lines[stop - 1].strip():
        stop += 1
    return (_above(place, top, text), Edit(place.path, Span(first, 0, stop, 0), ""))


# -- where it goes


def _top(place: Place, node: ast.AST) -> ast.stmt | Refusal:
    """The statement of the module that holds the function around the place: `node` can stand above it."""
    found = next((one for one in place.chain if isinstance(one, ast.stmt)), None)
    is_inside = any(isinstance(one, Function) for one in place.around)
    if not is_inside or not isinstance(found, Function | ast.ClassDef):
        return Refusal(
            "It stands in no function of the module's own, or of a class: move it by hand."
        )
    missing = _missing(place, node, found)
    if missing:
        return Refusal(f"`{missing}` is defined below the function: move it up first.")
    return found


def _above(place: Place, top: ast.stmt, text: str) -> Edit:
    decorators: list[ast.expr] = getattr(top, "decorator_list", [])
    line = min([top.lineno, *(one.lineno for one in decorators)])
    while line > 1 and place.lines[line - 2].startswith("#"):
        line -= 1
    return Edit(place.path, Span(line, 0, line, 0), text)


def _missing(place: Place, node: ast.AST, top: ast.stmt) -> str:
    """A name that `node` reads and that nothing above `top` binds."""
    above = [one for one in place.tree.body if one.lineno < top.lineno]
    module = ast.Module(above, [])
    known = {name for name, _ in bound_in(module)} | set(dir(builtins))
    own = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and _is_stored(one)}
    own.update(one.arg for one in ast.walk(node) if isinstance(one, ast.arg))
    own.add(getattr(node, "name", ""))
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and not _is_stored(one) and one.id not in known | own:
            return one.id
    return ""


def _is_stored(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _names_in(top: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(top) if isinstance(one, ast.Name)}
