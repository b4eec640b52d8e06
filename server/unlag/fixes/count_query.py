"""Has the database count: `len(session.scalars(select(User)).all())` asks for a number instead.

Only where the statement is written in place; what a statement elsewhere selects is not looked up.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.imports import member
from unlag.fixes.tree import Place

_KEPT = frozenset({"where", "filter", "filter_by", "join", "outerjoin"})
_DROPPED = frozenset({"order_by", "options"})


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Replace `len(...)` by a statement with `func.count()`, or by `count()` of the older style."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    length = place.parent
    if not isinstance(length, ast.Call) or place.node not in length.args:
        return Refusal("The rows are counted somewhere else: count in the database by hand.")
    rows = _without_copy(place.node)
    is_awaited = any(isinstance(node, ast.Await) for node in _chain(rows))
    whole = place.up_to(length)
    sending = next((n for n in _chain(rows) if isinstance(n, ast.Call) and _sends(n)), None)
    if sending is None:
        return _older(whole, rows)
    return _newer(whole, sending, is_awaited=is_awaited)


def _without_copy(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        return node.args[0]
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
    query = whole.code(rows.func.value)  # type: ignore[attr-defined] # as above
    return (Edit(whole.path, whole.span(whole.node), f"{query}.count()"),)


def _newer(whole: Place, sending: ast.Call, *, is_awaited: bool) -> tuple[Edit, ...] | Refusal:
    statement = _counting(whole, sending.args[0])
    if isinstance(statement, Refusal):
        return statement
    func = member(whole, "sqlalchemy", "func", same="sqlmodel.func")
    if func is None:
        return Refusal("`func` means something else in this file.")
    assert isinstance(sending.func, ast.Attribute)
    session = whole.code(sending.func.value)
    statement = statement.replace("func.count()", f"{func.name}.count()", 1)
    if sending.func.attr == "exec":
        asked = f"{session}.exec({statement})"
        text = f"(await {asked}).one()" if is_awaited else f"{asked}.one()"
        edit = Edit(whole.path, whole.span(whole.node), text)
        return tuple(sorted((*func.edits, edit), key=lambda item: item.span))
    asked = f"{session}.scalar({statement})"
    if is_awaited:
        asked = f"await {asked}"
    text = f"{asked} or 0"
    if not isinstance(whole.parent, ast.Return | ast.Assign | ast.AnnAssign):
        text = f"({text})"
    edit = Edit(whole.path, whole.span(whole.node), text)
    return tuple(sorted((*func.edits, edit), key=lambda item: item.span))


def _counting(whole: Place, statement: ast.expr) -> str | Refusal:
    """The statement that counts what `statement` selects."""
    steps: list[str] = []
    node = statement
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in _KEPT:
            arguments = [*node.args, *(keyword for keyword in node.keywords)]
            steps.append(f".{name}({', '.join(whole.code(item) for item in arguments)})")
        elif name not in _DROPPED:
            return Refusal(f"`{name}` changes what is counted: write the count by hand.")
        node = node.func.value
    is_select = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    if not is_select or len(node.args) != 1:  # type: ignore[attr-defined] # a Call
        return Refusal("The statement is written somewhere else: count in the database by hand.")
    assert isinstance(node, ast.Call)
    select, model = whole.code(node.func), whole.code(node.args[0])
    return f"{select}(func.count()).select_from({model})" + "".join(reversed(steps))
