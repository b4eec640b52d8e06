"""Which class the rows of a query are of, where they are whole objects of one class."""

from __future__ import annotations

import ast

from unlag.project.values import Class, Instance
from unlag.rules.validation._trees import Reading, only_argument

_ASKING = frozenset({"exec", "scalars"})
_SELECTS = frozenset({"sqlalchemy.select", "sqlmodel.select"})


def row_of(read: Reading, node: ast.expr) -> Instance | None:
    """An object of the class `M` for `session.exec(select(M)...).all()`; None for all other expressions."""
    match node:
        case ast.Call(func=ast.Attribute(value=asked, attr="all"), args=[], keywords=[]):
            statement = _asked(read, asked)
            return None if statement is None else _selected(read, statement)
    return None


def _asked(read: Reading, node: ast.expr) -> ast.expr | None:
    """The statement whose rows an expression gives as objects, and not as tuples."""
    match _result(read, node):
        case ast.Call(func=ast.Attribute(attr=name)) as call if name in _ASKING and call.args:
            return only_argument(call)
        case ast.Call(func=ast.Attribute(value=inner, attr="scalars"), args=[], keywords=[]):
            match _result(read, inner):
                case ast.Call(func=ast.Attribute(attr="execute")) as call:
                    return only_argument(call)
    return None


def _result(read: Reading, node: ast.expr) -> ast.expr | None:
    """What a result is called by its name, or written out, without the `await`."""
    given = read.assigned(node.id) if isinstance(node, ast.Name) else node
    return given.value if isinstance(given, ast.Await) else given


def _selected(read: Reading, node: ast.expr) -> Instance | None:
    statement = read.assigned(node.id) if isinstance(node, ast.Name) else node
    while isinstance(statement, ast.Call):
        if read.callee(statement) in _SELECTS:
            chosen = only_argument(statement)
            value = None if chosen is None else read.value(chosen)
            return Instance(value.id) if isinstance(value, Class) else None
        statement = statement.func.value if isinstance(statement.func, ast.Attribute) else None
    return None
