"""The counterpart takes the same arguments: `time.sleep(x)` becomes `await asyncio.sleep(x)`."""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.awaiting import inserted, ordered
from unlag.fixes.imports import Available, attribute, member
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place


def rewrite(place: Place, callee: str, counterpart: str) -> tuple[Edit, ...] | Refusal:
    """Put `await` before the call and `counterpart` in place of its callee."""
    call = place.node
    if not isinstance(call, ast.Call):
        return Refusal("Only a call has an asynchronous counterpart.")
    owner, _, name = counterpart.rpartition(".")
    same_owner = owner == callee.rpartition(".")[0]
    if same_owner and isinstance(call.func, ast.Attribute):
        return _renamed_method(place, call.func, name)
    if _is_class(owner):
        return Refusal(f"`{counterpart}` belongs to another object than the one called here.")
    available = (
        member(place, owner, name)
        if same_owner
        else attribute(place, owner, name) or member(place, owner, name)
    )
    if available is None:
        return Refusal(f"`{owner}` and `{name}` mean something else here.")
    return _replaced_callee(place, call.func, available)


def _is_class(path: str) -> bool:
    return path.rpartition(".")[2][:1].isupper()


def _renamed_method(place: Place, func: ast.Attribute, name: str) -> tuple[Edit, ...] | Refusal:
    span = place.span(func)
    written = Span(span.end_line, span.end_column - len(func.attr), span.end_line, span.end_column)
    if place.between(written) != func.attr:
        return Refusal(f"`{func.attr}` is spelled in a way that cannot be replaced.")
    return ordered((*inserted(place), Edit(place.path, written, name)))


def _replaced_callee(
    place: Place, func: ast.expr, available: Available
) -> tuple[Edit, ...] | Refusal:
    if comments(place.code(func)):
        return Refusal("A comment inside the call would be lost.")
    opening, *closing = inserted(place)
    callee = Edit(place.path, place.span(func), opening.text + available.name)
    return ordered((*available.edits, callee, *closing))
