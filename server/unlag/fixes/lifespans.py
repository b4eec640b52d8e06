"""Adds an object to an application's lifespan, which is made where there is none yet.

What the lifespan does already stays as it is; nothing here knows what the object is for.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.blocks import above, indented, lines_of, replaced
from unlag.fixes.imports import attribute, member
from unlag.fixes.names import parameters, unused
from unlag.fixes.new_lifespan import with_body
from unlag.fixes.tree import Place
from unlag.source.running import running


class Shared(msgspec.Struct, frozen=True):
    """An object that the whole application is to share."""

    class_: str
    """Full dotted path of what makes it."""
    callee: str
    """The same as the file writes it that makes the object now."""
    text: str
    """The call that makes it, on one line."""
    name: str
    form: str
    """How it is closed: `async with`, `with`, or `call` where it need not be."""


def with_shared(
    request: FixRequest, where: Sequence[str], shared: Shared
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The name of the object on `app.state`, and the edits that put it there.

    `where` gives the application's file and, where there is one, its lifespan's file and qualified name.
    """
    application, *lifespan = where
    path = lifespan[0] if lifespan else application
    text = request.text_at(path)
    if text is None:
        return Refusal("The file of the application's lifespan cannot be read whole.")
    module = tree.whole(path, text)
    if isinstance(module, Refusal):
        return module
    made = _made(module, shared)
    if isinstance(made, Refusal):
        return made
    call, imports = made
    if lifespan:
        return _in_lifespan(module, lifespan[1], shared, call, imports)
    return _in_new_lifespan(module, shared, call, imports)


def _made(module: Place, shared: Shared) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The call as the lifespan's file writes it, and the import it needs there."""
    owner, _, name = shared.class_.rpartition(".")
    found = attribute(module, owner, name) if "." in shared.callee else member(module, owner, name)
    if found is None:
        return Refusal(f"`{shared.callee}` means something else in the lifespan's file.")
    return found.name + shared.text.removeprefix(shared.callee), found.edits


# -- a lifespan that is there


def _in_lifespan(
    module: Place, qualname: str, shared: Shared, call: str, imports: tuple[Edit, ...]
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    name = qualname.rpartition(".")[2]
    functions = [
        n for n in ast.walk(module.tree) if isinstance(n, ast.AsyncFunctionDef) and n.name == name
    ]
    if len(functions) != 1 or not parameters(functions[0]):
        return Refusal(
            f"The lifespan `{name}` is no single coroutine function with the application."
        )
    function = functions[0]
    app = parameters(function)[0].arg
    known = _known(function, app, call)
    if known is not None:
        return known, ()
    yields = [n for n in running(function.body) if isinstance(n, ast.Yield)]
    statements = [
        n for n in running(function.body) if isinstance(n, ast.Expr) and n.value in yields
    ]
    if len(yields) != 1 or len(statements) != 1:
        return Refusal(f"The lifespan `{name}` does not have one `yield` of its own.")
    place = module.at(statements[0])
    lines = lines_of(place, statements[0])
    if isinstance(lines, Refusal):
        return lines
    state = _free(module, shared.name)
    if shared.form == "call":
        return state, (*imports, above(place, lines, [f"{app}.state.{state} = {call}"]))
    local = unused(place, state)
    text = "\n".join(place.lines[lines.first - 1 : lines.last])
    block = "\n".join(
        [
            f"{lines.indent}{shared.form} {call} as {local}:",
            f"{lines.indent}{lines.unit}{app}.state.{state} = {local}",
            indented(text, lines.unit),
        ]
    )
    return state, (*imports, replaced(place, lines, block))


def _known(function: ast.AsyncFunctionDef, app: str, call: str) -> str | None:
    """The state attribute under which the lifespan keeps an equal object already."""
    wanted = ast.unparse(ast.parse(call, mode="eval").body)
    names = {
        item.optional_vars.id
        for node in ast.walk(function)
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name) and ast.unparse(item.context_expr) == wanted
    }
    for node in ast.walk(function):
        match node:
            case ast.Assign(
                targets=[
                    ast.Attribute(
                        value=ast.Attribute(value=ast.Name(id=owner), attr="state"), attr=state
                    )
                ],
                value=value,
            ) if owner == app:
                if ast.unparse(value) == wanted or ast.unparse(value) in names:
                    return state
    return None


def _free(module: Place, name: str) -> str:
    number, candidate = 1, name
    while f".state.{candidate}" in module.text:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


# -- a new one


def _in_new_lifespan(
    module: Place, shared: Shared, call: str, imports: tuple[Edit, ...]
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    state = shared.name
    body = [f"app.state.{state} = {call}", "yield"]
    if shared.form != "call":
        inner = [f"app.state.{state} = {state}", "yield"]
        body = [f"{shared.form} {call} as {state}:", *(f"    {line}" for line in inner)]
    made = with_body(module, body, imports)
    return made if isinstance(made, Refusal) else (state, made)
