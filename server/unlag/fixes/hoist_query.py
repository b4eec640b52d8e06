"""Asks once before a loop for the rows that the loop looks up one by one, and takes them from a dict in it.

That the column, the first argument, is unique and has the keys' type is for the rule to know.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import Lines, lines_of
from unlag.fixes.imports import insertion, member
from unlag.fixes.layout import width_of
from unlag.fixes.loop_writes import obstacle
from unlag.fixes.names import unused
from unlag.fixes.tree import Place
from unlag.source.lookups import Lookup, lookup_of


class _Hoist(msgspec.Struct, frozen=True):
    place: Place
    loop: ast.For
    found: Lookup
    column: str
    row: str
    """What the loop calls the row."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put the query above the loop around the look-up at the span."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    found = lookup_of(place.chain)
    loop = next((n for n in reversed(place.around) if isinstance(n, ast.For | ast.While)), None)
    if found is None or not isinstance(loop, ast.For):
        return Refusal("The text has changed: no row is looked up in a loop here.")
    hoist = _Hoist(place, loop, found, request.arguments[0], _row(place, found))
    reason = obstacle(place.up_to(loop), found)
    if reason:
        return Refusal(reason)
    above = place.up_to(loop)
    lines = lines_of(above, loop)
    if isinstance(lines, Refusal):
        return lines
    name = unused(place, f"{hoist.row}_by_{hoist.column}")
    keys = _keys(hoist)
    asked = _asked(hoist, keys)
    if isinstance(asked, Refusal):
        return asked
    head, inner, imports = asked
    written = _written(above, lines, hoist, f"{name} = ", (head, inner))
    if keys.startswith("[") and written.count("\n") > 1:
        listed = unused(place, "keys")
        first = f"{lines.indent}{listed} = {keys}\n"
        inner = inner.replace(f"in_({keys})", f"in_({listed})")
        written = first + _written(above, lines, hoist, f"{name} = ", (head, inner))
    used = Edit(place.path, place.span(found.whole), f"{name}.get({place.code(found.key)})")
    return ordered((*imports, insertion(place, lines.first, written), used))


def _row(place: Place, found: Lookup) -> str:
    whole = place.up_to(place.tree).at(found.whole)
    match whole.parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.NamedExpr(target=ast.Name(id=name)):
            return name
    return "row"


def _keys(hoist: _Hoist) -> str:
    """The keys of all items: what the loop runs over, where the items are the keys."""
    place, loop = hoist.place, hoist.loop
    iterated, key = place.code(loop.iter), place.code(hoist.found.key)
    if ast.unparse(loop.target) == ast.unparse(hoist.found.key) and isinstance(loop.iter, ast.Name):
        return iterated
    return f"[{key} for {place.code(loop.target)} in {iterated}]"


def _asked(hoist: _Hoist, keys: str) -> tuple[str, str, tuple[Edit, ...]] | Refusal:
    """What is called for all rows, with what, and the imports that this needs."""
    place, found = hoist.place, hoist.found
    model, session = place.code(found.model), place.code(found.session)
    condition = f"{model}.{hoist.column}.in_({keys})"
    if found.form == "query":
        return f"{session}.query({model}).filter", condition, ()
    select = member(place.up_to(place.tree), "sqlalchemy", "select", same="sqlmodel.select")
    if select is None:
        return Refusal("`select` means something else in this file.")
    method = "exec" if found.sent_by == "exec" else "scalars"
    head = f"{'await ' if found.is_awaited else ''}{session}.{method}"
    return head, f"{select.name}({model}).where({condition})", select.edits


def _written(above: Place, lines: Lines, hoist: _Hoist, start: str, asked: tuple[str, str]) -> str:
    """The lines of the dict, broken where they get too long."""
    head, given = asked
    row, width = hoist.row, width_of(above)
    item, loop = f"{row}.{hoist.column}: {row}", f"for {row} in {head}({given})"
    one_line = f"{lines.indent}{start}{{{item} {loop}}}"
    if len(one_line) <= width:
        return f"{one_line}\n"
    inner = lines.indent + lines.unit
    if len(inner) + len(loop) > width:
        loop = f"for {row} in {head}(\n{inner}{lines.unit}{given}\n{inner})"
    return f"{lines.indent}{start}{{\n{inner}{item}\n{inner}{loop}\n{lines.indent}}}\n"
