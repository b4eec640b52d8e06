"""Ends a dependency with the endpoint: `Depends(get_session)` gets `scope="function"`.

Where the annotation is a name for `Annotated[..., Depends(...)]`, which others use too, it is written out.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.import_lists import together
from unlag.fixes.imports import member
from unlag.fixes.layout import quoted
from unlag.fixes.names import dotted, meaning
from unlag.fixes.tree import Place
from unlag.source.running import Function
from unlag.source.signature import with_defaults


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Add the scope to the `Depends` of the parameter that the first argument names.

    Three more say where its annotation is defined, by which name, and from which module this file imports it.
    """
    place = tree.surroundings(request)
    if isinstance(place, Refusal):
        return place
    name, *alias = request.arguments
    for node in reversed(place.chain):
        if isinstance(node, Function):
            owner = place.up_to(node)
            return (
                _written_out(request, owner, name, alias) if alias else _in_signature(owner, name)
            )
    return Refusal("The place stands in no function.")


def _written_out(
    request: FixRequest, place: Place, name: str, alias: list[str]
) -> tuple[Edit, ...] | Refusal:
    """The parameter's annotation as its name stands for it, with the scope."""
    path, defined, module = alias
    assert isinstance(place.node, Function)
    annotation = next(
        (one.annotation for one, _ in with_defaults(place.node.args) if one.arg == name), None
    )
    text = request.text_at(path)
    source = Refusal("The file cannot be read whole.") if text is None else tree.whole(path, text)
    if annotation is None or isinstance(source, Refusal):
        return Refusal(f"`{defined}` cannot be read where it is defined.")
    meant = _defined(source, defined)
    if meant is None:
        return Refusal(f"`{defined}` is no plain name for `Annotated[..., Depends(...)]`.")
    made = list(_imports(place.up_to(place.tree), source, meant, module) if module else ())
    missing = next((one for one in made if isinstance(one, str)), None)
    if missing is not None:
        return Refusal(f"`{missing}` means something else in this file.")
    for call in _depends(meant):
        call.keywords.append(ast.keyword("scope", ast.Constant("function")))
    written = ast.unparse(meant).replace("scope='function'", f"scope={quoted(place, 'function')}")
    used = Edit(place.path, place.span(annotation), written)
    return ordered(together((*(one for one in made if not isinstance(one, str)), used)))


def _defined(source: Place, name: str) -> ast.expr | None:
    """What a name of a module stands for, where that asks for one dependency and says no scope."""
    for statement in source.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
                calls = list(_depends(value))
                is_plain = len(calls) == 1 and calls[0].args and len(calls[0].keywords) < 2
                says = any(one.arg == "scope" for call in calls for one in call.keywords)
                return value if is_plain and not says else None
    return None


def _imports(place: Place, source: Place, meant: ast.expr, module: str) -> Iterator[Edit | str]:
    """The edits that make the names of an expression known, or a name that is another one here."""
    for node in ast.walk(meant):
        if not isinstance(node, ast.Name) or hasattr(builtins, node.id):
            continue
        path = meaning(source, node) or ""
        owner, _, member_name = path.rpartition(".")
        if path.startswith(".") or not owner or member_name != node.id:
            owner = module  # what the other module defines, or imports from beside it
        available = member(place, owner, node.id)
        if available is None or available.name != node.id:
            yield node.id
        else:
            yield from available.edits


def _depends(node: ast.AST) -> Iterator[ast.Call]:
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and (dotted(one.func) or "").rpartition(".")[2] == "Depends":
            yield one


def _in_signature(place: Place, name: str) -> tuple[Edit, ...] | Refusal:
    for call in _calls(place.node, name):
        if any(item.arg == "scope" for item in call.keywords):
            return Refusal(f"The dependency of `{name}` says its scope already.")
        if not call.args and not call.keywords:
            return Refusal(f"`Depends()` of `{name}` names no function.")
        return (keywords.added(place, call, [f"scope={quoted(place, 'function')}"]),)
    return Refusal(f"The signature does not say `Depends` for `{name}` itself.")


def _calls(function: ast.AST, name: str) -> Iterator[ast.Call]:
    """The `Depends` calls in a parameter's annotation and default."""
    assert isinstance(function, Function)
    for one, default in with_defaults(function.args):
        for part in (one.annotation, default) if one.arg == name else ():
            if part is not None:
                yield from _depends(part)
