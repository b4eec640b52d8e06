"""Has the database count: `len(session.scalars(select(User)).all())` asks for a number instead.

Only where the statement is written in place, or rows that are only counted have a name; what a statement elsewhere
selects is not looked up.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.composing import apply_edits
from unlag.fixes.held_rows import holding, is_query
from unlag.fixes.imports import member
from unlag.fixes.layout import linked
from unlag.fixes.names import dotted, unused
from unlag.fixes.tree import Place, empty

_KEPT = frozenset({"where", "filter", "filter_by", "join", "outerjoin"})
_JOINING = frozenset({"join", "outerjoin"})
_DROPPED = frozenset({"order_by", "options"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Replace `len(...)` by a statement with `func.count()`, or by `count()` of the older style.

    With the argument `columns` the statement selects columns, and no whole models.
    """
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    has_columns = "columns" in request.arguments
    if isinstance(place.node, ast.Name):
        return _of_name(place, place.node.id, has_columns=has_columns)
    length = place.parent
    if isinstance(length, ast.comprehension):
        length = place.around[-3]
    if not isinstance(length, ast.Call) or dotted(length.func) not in ("len", "sum"):
        return Refusal("The rows are counted somewhere else: count in the database by hand.")
    return _counted(place.up_to(length), place.node, has_columns=has_columns)


def _of_name(place: Place, name: str, *, has_columns: bool) -> tuple[Edit, ...] | Refusal:
    """The same for rows under a name, which becomes that of their number."""
    held = holding(place, name)
    if isinstance(held, Refusal):
        return held
    number = unused(place, f"{name}_count")
    edits = [Edit(place.path, place.span(held.target.node), number)]
    for use in (*held.lengths, *held.tests):
        if use.code(use.node) != ast.unparse(use.node):
            return Refusal(f"This Python cannot tell where `{name}` is used in an f-string.")
        edits.append(Edit(place.path, use.span(use.node), number))
    made = _counted(held.rows, held.rows.node, has_columns=has_columns)
    return made if isinstance(made, Refusal) else ordered((*edits, *made))


def _counted(whole: Place, rows: ast.AST, *, has_columns: bool) -> tuple[Edit, ...] | Refusal:
    """The edits that put the number of `rows` in place of the node at `whole`."""
    rows = _without_copy(rows)
    chain = _chain(rows)
    is_awaited = any(isinstance(node, ast.Await) for node in chain)
    sending = next((n for n in chain if isinstance(n, ast.Call) and _sends(n)), None)
    if sending is None:
        return _older(whole, rows)
    is_unique = any(isinstance(node, ast.Attribute) and node.attr == "unique" for node in chain)
    if is_unique and not _is_unique_anyhow(sending.args[0]):
        return Refusal("`unique()` leaves out what a join repeats: count distinct keys by hand.")
    return _newer(whole, sending, is_awaited=is_awaited, has_columns=has_columns)


def _is_unique_anyhow(statement: ast.AST) -> bool:
    """Whether only options, which are dropped, can have a statement give a row twice."""
    steps = {node.attr for node in _chain(statement) if isinstance(node, ast.Attribute)}
    return "options" in steps and steps <= _KEPT - _JOINING | _DROPPED


def _without_copy(node: ast.AST) -> ast.AST:
    match node:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted"), args=[rows]):
            return rows
    return node


def _chain(node: ast.AST) -> list[ast.AST]:
    found = [node]
    while True:
        if isinstance(node, ast.Call | ast.Attribute | ast.Await):
            node = node.func if isinstance(node, ast.Call) else node.value
            found.append(node)
        else:
            return found


def _sends(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in ("scalars", "execute", "exec")
        and len(call.args) == 1
    )


def _older(whole: Place, rows: ast.AST) -> tuple[Edit, ...] | Refusal:
    is_all = isinstance(rows, ast.Call) and isinstance(rows.func, ast.Attribute)
    if not is_all or rows.func.attr != "all" or rows.args:  # type: ignore[attr-defined] # an Attribute
        return Refusal("The query is written somewhere else: count in the database by hand.")
    if not is_query(whole, rows.func.value):  # type: ignore[attr-defined] # as above
        return Refusal("The statement is sent somewhere else: count in the database by hand.")
    query = whole.code(rows.func.value)  # type: ignore[attr-defined] # as above
    return (Edit(whole.path, whole.span(whole.node), f"{query}.count()"),)


def _newer(
    whole: Place, sending: ast.Call, *, is_awaited: bool, has_columns: bool
) -> tuple[Edit, ...] | Refusal:
    func = member(whole, "sqlalchemy", "func", same="sqlmodel.func")
    if func is None:
        return Refusal("`func` means something else in this file.")
    selecting = whole.at(sending).at(sending.args[0])
    statement = _counting(selecting, func.name, has_columns=has_columns)
    if isinstance(statement, Refusal):
        return statement
    assert isinstance(sending.func, ast.Attribute)
    is_exec = sending.func.attr == "exec"
    is_alone = isinstance(whole.parent, ast.Return | ast.Assign | ast.AnnAssign)
    first, last = ("", ".one()") if is_exec else ("", " or 0") if is_alone else ("(", " or 0)")
    if is_awaited:
        first, last = ("(await ", ").one()") if is_exec else (f"{first}await ", last)
    outer, inner = whole.span(whole.node), whole.span(sending)
    before = Span(outer.line, outer.column, inner.line, inner.column)
    behind = Span(inner.end_line, inner.end_column, outer.end_line, outer.end_column)
    if "#" in whole.between(before) + whole.between(behind):
        return Refusal("A comment around the rows would be lost.")
    ends = (Edit(whole.path, before, first), Edit(whole.path, behind, last))
    made = (*ends, *_scalar(whole, sending.func), *statement)
    return ordered((*func.edits, *_as_deep_as(whole, inner, made)))


def _as_deep_as(whole: Place, inner: Span, made: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The same edits where what stands at `inner` begins on the line of the node; else one that moves it there."""
    outer = whole.span(whole.node)
    if inner.line == outer.line or '"""' in whole.code(whole.node):
        return made
    depths = [len(line) - len(line.lstrip()) for line in whole.lines]
    extra = whole.lines[inner.line - 1][depths[outer.line - 1] : depths[inner.line - 1]]
    before = "\n".join([*whole.lines[: outer.line - 1], ""])
    start = len(before) + outer.column
    left = len(whole.text) - start - len(whole.code(whole.node))
    after = apply_edits(whole.text, made)
    first, *rest = after[start : len(after) - left].split("\n")
    indent = whole.lines[outer.line - 1][: depths[outer.line - 1]]
    moved = (f"{indent}{line.removeprefix(indent).removeprefix(extra)}".rstrip() for line in rest)
    return (Edit(whole.path, outer, "\n".join((first, *moved))),)


def _scalar(whole: Place, method: ast.Attribute) -> tuple[Edit, ...]:
    """The edit that sends with `scalar`, which SQLModel's own `exec` does not need."""
    if method.attr == "exec":
        return ()
    end = whole.span(method)
    start = end.end_column - len(method.attr)
    return (Edit(whole.path, Span(end.end_line, start, end.end_line, end.end_column), "scalar"),)


def _counting(place: Place, func: str, *, has_columns: bool) -> tuple[Edit, ...] | Refusal:
    """The edits that make the statement at `place` count what it selects."""
    edits: list[Edit] = []
    node = place.node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in _DROPPED:
            start, end = place.span(node.func.value), place.span(node)
            step = Span(start.end_line, start.end_column, end.end_line, end.end_column)
            if "#" in place.between(step):
                return Refusal(f"A comment at `{name}` would be lost.")
            edits.append(Edit(place.path, step, ""))
        elif name not in _KEPT:
            return Refusal(f"`{name}` changes what is counted: write the count by hand.")
        node = node.func.value
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) != 1:
        return Refusal("The statement is written somewhere else: count in the database by hand.")
    selected = node.args[0]
    model = selected.value if has_columns and isinstance(selected, ast.Attribute) else selected
    if has_columns and model is selected:
        return Refusal("What is selected is no column of a model: count it by hand.")
    edits.append(Edit(place.path, place.span(selected), f"{func}.count()"))
    link = f".select_from({place.code(model)})"
    select = place if node is place.node else place.at(node)
    span = place.span(place.statement)
    if span.line == span.end_line:  # what goes makes room for it
        end = place.span(node)
        return (*edits, Edit(place.path, empty(end.end_line, end.end_column), link))
    return (*edits, *linked(select, link))
