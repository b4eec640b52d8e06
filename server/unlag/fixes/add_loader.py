"""Adds a loader option to the query that loads some rows, in whatever function and file it stands.

Arguments: the file, the place of `select(...)`, `session.query(...)` or `session.get(...)` in it, and
the option, a step at a time: `selectinload(Order.lines)`, `joinedload(OrderLine.product)`.
"""

from __future__ import annotations

import ast
import re

import msgspec

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.imports import member
from unlag.fixes.layout import linked
from unlag.fixes.names import bound_in, dotted, visible_scopes
from unlag.fixes.tree import Place, empty

_STEP = re.compile(r"(\w+)\((\w+)\.(\w+)\)")
_GETTING = ("get", "get_one")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put `.options(...)` behind the query, or `options=[...]` into `get`, and import the loader."""
    path, line, column, end_line, end_column, *chain = request.arguments
    text = request.text_at(path)
    if text is None:
        return Refusal("The file with the query cannot be read.")
    span = Span(int(line), int(column), int(end_line), int(end_column))
    found = tree.expression(msgspec.structs.replace(request, path=path, text=text, span=span))
    if isinstance(found, Refusal):
        return found
    if not isinstance(found.node, ast.Call):
        return Refusal("The text has changed: no query stands where it was.")
    return _added(found, found.node, chain)


def _added(query: Place, call: ast.Call, chain: list[str]) -> tuple[Edit, ...] | Refusal:
    steps = [match.groups() for step in chain if (match := _STEP.fullmatch(step))]
    if "with_for_update" in query.code(query.statement):
        steps = [("selectinload", owner, name) for _, owner, name in steps]
    first, _, _ = steps[0]
    loader = member(query, "sqlalchemy.orm", first)
    if loader is None:
        return Refusal(f"`{first}` means something else in this file.")
    written = []
    for index, (name, owner, attribute) in enumerate(steps):
        model = _spelled(query, call, owner)
        if model is None:
            return Refusal(f"`{owner}` has no name where the query is built.")
        written.append(f"{loader.name if not index else name}({model}.{attribute})")
    option = _option(query, call, ".".join(written))
    return tuple(sorted((*loader.edits, *option), key=lambda edit: edit.span))


def _spelled(query: Place, call: ast.Call, model: str) -> str | None:
    """How the model is written there: as the query itself has it, or by a name of the file."""
    spelled = [dotted(argument) or "" for argument in call.args]
    for name in spelled:
        if name.rpartition(".")[2] == model:
            return name
    scopes = (*visible_scopes(query), query.tree)
    if any(bound == model for scope in scopes for bound, _ in bound_in(scope)):
        return model
    prefixes = {name.rpartition(".")[0] for name in spelled if "." in name}
    plain = [prefix for prefix in prefixes if prefix and not prefix.startswith("self")]
    return f"{plain[0]}.{model}" if len(plain) == 1 else None


def _option(query: Place, call: ast.Call, option: str) -> tuple[Edit, ...]:
    if isinstance(call.func, ast.Attribute) and call.func.attr in _GETTING:
        return (_in_get(query, call, option),)
    return linked(query, f".options({option})")


def _in_get(query: Place, call: ast.Call, option: str) -> Edit:
    for keyword in call.keywords:
        if keyword.arg == "options" and isinstance(keyword.value, ast.List | ast.Tuple):
            items = keyword.value.elts
            at = query.span(items[-1]) if items else query.span(keyword.value)
            if items:
                return Edit(query.path, empty(at.end_line, at.end_column), f", {option}")
            return Edit(query.path, at, f"[{option}]")
    return keywords.added(query, call, [f"options=[{option}]"])
