"""Puts statements at the beginning of an application's lifespan, and writes a lifespan where there is none.

Start-up handlers of `on_event` do as well.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import above, lines_of
from unlag.fixes.import_lists import together
from unlag.fixes.imports import attribute
from unlag.fixes.new_lifespan import with_body
from unlag.fixes.tree import Place
from unlag.source.running import Function

Write = Callable[[str], str]
"""From how a name is written in the file to the statement that uses it."""


def with_statement(
    request: FixRequest, path: str, qualname: str, module: str, name: str, write: Write
) -> tuple[Edit, ...] | Refusal:
    """Edits that put a statement which uses `module.name` first in a lifespan.

    `qualname` names the function at `path`; empty where the application there has none.
    """
    text = request.text_at(path)
    if text is None:
        return Refusal("The file of the application cannot be read whole.")
    place = tree.whole(path, text)
    if isinstance(place, Refusal):
        return place
    function = function_named(place.tree, qualname) if qualname else _startup(place.tree)
    if function is not None:
        return _first_in(place.at(function), module, name, write)
    if qualname:
        return Refusal(f"The text has changed: there is no `{qualname}` in the application's file.")
    return _new(place, module, name, write)


def function_named(module: ast.AST, qualname: str) -> Function | None:
    """The function of that qualified name."""
    first, _, rest = qualname.partition(".")
    for node in ast.walk(module):
        if isinstance(node, Function | ast.ClassDef) and node.name == first:
            if rest:
                return function_named(node, rest)
            return node if isinstance(node, Function) else None
    return None


def _startup(module: ast.Module) -> Function | None:
    """A function that `@app.on_event("startup")` registers."""
    for node in ast.walk(module):
        if isinstance(node, Function):
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(
                        func=ast.Attribute(attr="on_event"), args=[ast.Constant(value="startup")]
                    ):
                        return node
    return None


def _first_in(place: Place, module: str, name: str, write: Write) -> tuple[Edit, ...] | Refusal:
    body: list[ast.stmt] = place.node.body  # type: ignore[attr-defined] # a function
    is_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if is_docstring and len(body) > 1 else body[0]
    inside = place.at(first)
    lines = lines_of(inside, first)
    used = attribute(inside, module, name)
    if isinstance(lines, Refusal):
        return lines
    if used is None:
        return Refusal(f"`{module}` means something else in the application's file.")
    statement = write(used.name)
    target = statement.partition(" = ")[0].rpartition(".")[2]
    for node in ast.walk(place.node):
        if isinstance(node, ast.Attribute) and node.attr == target:
            return Refusal(f"The lifespan sets `{target}` already, in line {node.lineno}.")
    return ordered((*used.edits, above(inside, lines, [statement])))


def _new(place: Place, module: str, name: str, write: Write) -> tuple[Edit, ...] | Refusal:
    """A lifespan above the statement that makes the application."""
    used = attribute(place, module, name)
    if used is None:
        return Refusal(f"`{module}` means something else in the application's file.")
    made = with_body(place, [write(used.name), "yield"], used.edits)
    return made if isinstance(made, Refusal) else ordered(together(made))
