"""Look-ups of one row by one key, as SQLAlchemy has them written.

`session.get(User, key)`, `session.query(User).filter(User.id == key).first()`, and the same with `select`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

_FIRST = frozenset({"first", "one_or_none"})
_FILTERS = frozenset({"filter", "where"})


class Lookup(msgspec.Struct, frozen=True):
    """One look-up, taken apart."""

    form: str
    """`get`, `query` or `select`."""
    session: ast.expr
    sent_by: str
    """The method that sends it: `get`, `query`, `scalars`, `exec`, ..."""
    model: ast.expr
    column: str
    """Empty for the primary key."""
    key: ast.expr
    whole: ast.expr
    """The expression that gives the row or None, its `await` included."""
    is_awaited: bool


def lookup_of(chain: Sequence[ast.AST]) -> Lookup | None:
    """The look-up whose sending call ends `chain`, the nodes around it from the outside; None for anything else."""
    call = chain[-1]
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    match call:
        case ast.Call(
            func=ast.Attribute(attr="get", value=session), args=[model, key], keywords=[]
        ):
            whole, is_awaited = _awaited(chain)
            return Lookup("get", session, "get", model, "", key, whole, is_awaited)
        case ast.Call(func=ast.Attribute(attr=last, value=query), args=[], keywords=[]):
            filtered = _filtered(query) if last in _FIRST else None
            match filtered:
                case (
                    ast.Call(func=ast.Attribute(attr="query", value=session), args=[model]),
                    column,
                    key,
                ) if column := _column(column, model):
                    return Lookup("query", session, "query", model, column, key, call, False)
        case ast.Call(func=ast.Attribute(attr=how, value=session), args=[query], keywords=[]):
            match _filtered(query):
                case (ast.Call(func=select, args=[model], keywords=[]), column, key) if _is_select(
                    select
                ) and (column := _column(column, model)):
                    taken = _taken(chain, how)
                    if taken is not None:
                        whole, is_awaited = taken
                        return Lookup("select", session, how, model, column, key, whole, is_awaited)
    return None


def _is_select(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) == "select"
    )


def _filtered(node: ast.expr) -> tuple[ast.expr, ast.expr | str, ast.expr] | None:
    """What is filtered by one equality, the column, and the key: `q.where(User.id == key)`, `q.filter_by(id=key)`."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=inner, attr=attr),
            args=[ast.Compare(left=left, ops=[ast.Eq()], comparators=[key])],
            keywords=[],
        ) if attr in _FILTERS:
            return inner, left, key
        case ast.Call(
            func=ast.Attribute(value=inner, attr="filter_by"),
            args=[],
            keywords=[ast.keyword(arg=str(name), value=key)],
        ):
            return inner, name, key
    return None


def _column(node: ast.expr | str, model: ast.expr) -> str:
    """The name of a column of the model; empty where it is something else."""
    if isinstance(node, str):
        return node
    is_own = isinstance(node, ast.Attribute) and ast.unparse(node.value) == ast.unparse(model)
    return node.attr if is_own and isinstance(node, ast.Attribute) else ""


def _awaited(chain: Sequence[ast.AST]) -> tuple[ast.expr, bool]:
    """The call that ends `chain`, with its `await`."""
    call, above = chain[-1], chain[-2] if len(chain) > 1 else None
    assert isinstance(call, ast.expr)
    return (above, True) if isinstance(above, ast.Await) else (call, False)


def _taken(chain: Sequence[ast.AST], how: str) -> tuple[ast.expr, bool] | None:
    """The expression that takes one row of what is sent; None where more is done with it."""
    whole, is_awaited = _awaited(chain)
    if how == "scalar":
        return whole, is_awaited
    if how == "execute":
        above = _method_on(chain, whole)
        if above is None or above[0] not in ("scalar_one_or_none", "scalars"):
            return None
        whole = above[1]
        if above[0] == "scalar_one_or_none":
            return whole, is_awaited
    elif how not in ("scalars", "exec"):
        return None
    above = _method_on(chain, whole)
    return (above[1], is_awaited) if above is not None and above[0] in _FIRST else None


def _method_on(chain: Sequence[ast.AST], node: ast.expr) -> tuple[str, ast.expr] | None:
    """The method without arguments that is called on a node of `chain`, and that call."""
    at = chain.index(node)
    if at < 2:
        return None
    match chain[at - 2], chain[at - 1]:
        case (
            ast.Call(func=function, args=[], keywords=[]) as call,
            ast.Attribute(attr=attr) as method,
        ) if function is method:
            return attr, call
    return None
