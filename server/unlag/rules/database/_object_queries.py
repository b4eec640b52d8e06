"""Queries of Tortoise, Beanie, Motor and PyMongo, taken apart: whose rows they give, and whether all of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeGuard

import msgspec

from unlag.project.syntax import FunctionSyntax
from unlag.project.values import Class, External, ExternalInstance, Function, Value, each
from unlag.rules.database._lengths import assigned
from unlag.rules.nodes import own_nodes
from unlag.rules.places import dotted, tree_of
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

_MODELS = frozenset({"tortoise.models.Model", "beanie.Document"})
_COLLECTIONS = frozenset(
    {"motor.motor_asyncio.AsyncIOMotorCollection", "pymongo.collection.Collection",
     "pymongo.asynchronous.collection.AsyncCollection"}
)  # fmt: skip
LIBRARIES = frozenset({"tortoise.", "beanie.", "motor.", "pymongo."})
"""Each with a dot: what the names of its members begin with."""
_PREFIXES = tuple(LIBRARIES)
_BEGINNING = frozenset({"all", "find_all", "find", "find_many", "filter", "exclude"})
_NEUTRAL = frozenset(
    {"all", "order_by", "sort", "to_list", "prefetch_related", "select_related", "using_db", "set_session"}
)  # fmt: skip
_FILTERING = frozenset({"filter", "exclude", "find", "find_many"})
_BOUNDING = frozenset({"limit", "offset", "skip"})
_DEEPEST = 2


class ObjectQuery(msgspec.Struct, frozen=True):
    """A query of many objects."""

    model: str
    """The id of their class; empty for documents of a collection."""
    written: str
    """The class or collection, as written."""
    library: str
    is_filtered: bool
    is_bounded: bool


def of_objects(callee: str) -> bool:
    """Whether a call is one of these libraries' own."""
    return callee.startswith(_PREFIXES)


def query_in(
    view: FunctionView, tree: FunctionSyntax, node: ast.expr, *, is_looped: bool = False
) -> ObjectQuery | None:
    """The query whose rows an expression gives, also through a name; None for any other expression.

    `is_looped` says that `async for` goes through what the expression gives.
    """
    if isinstance(node, ast.Name):
        given = assigned(tree.node, node.id)
        node = given[0] if len(given) == 1 else node
    if isinstance(node, ast.Call) and dotted(node.func) == "list" and len(node.args) == 1:
        node = node.args[0]
    is_awaited = isinstance(node, ast.Await)
    node = node.value if isinstance(node, ast.Await) else node
    calls: list[ast.Call] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        calls.append(node)
        node = node.func.value
    names = [_name(call) for call in calls]
    if not names or names[-1] not in _BEGINNING:
        return None
    if not all(name in _NEUTRAL | _FILTERING | _BOUNDING for name in names[:-1]):
        return None
    found = _root(view, tree, node)
    if found is None:
        return None
    model, library = found
    is_listed = names[0] == "to_list"
    is_read = is_looped or (is_awaited and (is_listed or library == "tortoise"))
    if not (is_read or (library == "pymongo" and not is_awaited)):
        return None
    return ObjectQuery(
        model,
        ast.unparse(node),
        library,
        is_filtered=any(_says_which(call) for call in calls if _name(call) in _FILTERING),
        is_bounded=not _BOUNDING.isdisjoint(names) or (is_listed and _is_limited(calls[0])),
    )


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _is_limited(listing: ast.Call) -> bool:
    """Whether `to_list(100)` bounds what it gives; `to_list()` and `to_list(None)` do not."""
    given = [*listing.args, *(keyword.value for keyword in listing.keywords)]
    return not all(isinstance(item, ast.Constant) and item.value is None for item in given)


def _says_which(call: ast.Call) -> bool:
    """Whether a call asks for some objects only; what is not read here could."""
    if call.keywords:
        return True
    return any(not (isinstance(item, ast.Dict) and not item.keys) for item in call.args)


def _root(view: FunctionView, tree: FunctionSyntax, node: ast.expr) -> tuple[str, str] | None:
    """The model and the library of what a query begins with."""
    path = path_of(node, 0)
    if path == UNKNOWN:
        return None
    for item in each(view.resolve(path, tree.site(node).line)):
        if isinstance(item, Class):
            for base in view.index.resolver.outside_bases(item.id):
                name = view.knowledge.canonical(base)
                if view.knowledge.is_a(name, _MODELS):
                    return item.id, name.partition(".")[0]
        elif isinstance(item, External | ExternalInstance):
            name = item.name
            if isinstance(item, External):
                name = (
                    view.knowledge.result(name) or ""
                )  # `database.orders`, made up when it is read
            if view.knowledge.is_a(name, _COLLECTIONS):
                return "", view.knowledge.canonical(name).partition(".")[0]
    return None


def answered(view: FunctionView, depth: int = 0) -> list[tuple[ast.expr, ObjectQuery]]:
    """What a function returns that is all that a query finds, one object after the other."""
    tree = tree_of(view.index, view.entry)
    if tree is None or depth > _DEEPEST:
        return []
    found = []
    for node in own_nodes(tree.node):
        if isinstance(node, ast.Return) and node.value is not None:
            query = _rows(view, tree, node.value, depth)
            if query is not None:
                found.append((node.value, query))
    return found


def _rows(
    view: FunctionView, tree: FunctionSyntax, node: ast.expr, depth: int
) -> ObjectQuery | None:
    query = query_in(view, tree, node)
    if query is not None:
        return query
    if isinstance(node, ast.ListComp) and len(node.generators) == 1 and not node.generators[0].ifs:
        only = node.generators[0]
        return query_in(view, tree, only.iter, is_looped=bool(only.is_async))
    if isinstance(node, ast.Name):
        return _appended(view, tree, node.id)
    return _of_helper(view, tree, node, depth)


def _appended(view: FunctionView, tree: FunctionSyntax, name: str) -> ObjectQuery | None:
    """The query of the one loop that appends to a list which begins empty."""
    given = assigned(tree.node, name)
    if len(given) != 1 or not isinstance(given[0], ast.List) or given[0].elts:
        return None
    loops = [
        node
        for node in own_nodes(tree.node)
        if isinstance(node, ast.For | ast.AsyncFor)
        and any(_is_append(statement, name) for statement in node.body)
    ]
    if len(loops) != 1 or any(isinstance(item, ast.Break) for item in ast.walk(loops[0])):
        return None
    is_looped = isinstance(loops[0], ast.AsyncFor)
    return query_in(view, tree, loops[0].iter, is_looped=is_looped)


def _is_append(statement: ast.stmt, name: str) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Call) and dotted(value.func) == f"{name}.append"


def _of_helper(
    view: FunctionView, tree: FunctionSyntax, node: ast.expr, depth: int
) -> ObjectQuery | None:
    """The query of the one function that an expression calls, where that returns nothing else."""
    call = node.value if isinstance(node, ast.Await) else node
    path = path_of(call.func, 0) if isinstance(call, ast.Call) else UNKNOWN
    if path == UNKNOWN:
        return None
    callees = each(view.resolve(path, tree.site(call).line))
    entry = view.index.function(callees[0].id) if _is_one(callees) else None
    if entry is None or len(entry.facts.results) != 1:
        return None
    found = answered(FunctionView(view.index, entry, view.offload_style), depth + 1)
    return found[0][1] if len(found) == 1 else None


def _is_one(callees: Sequence[Value]) -> TypeGuard[Sequence[Function]]:
    return len(callees) == 1 and isinstance(callees[0], Function)
