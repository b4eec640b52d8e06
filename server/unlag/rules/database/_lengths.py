"""Whether what a loop runs over can be long, and whether its rounds are items at all.

Pages, retries, chunks, enumerations and what is written down in the code are not.
"""

from __future__ import annotations

import ast
import re
from typing import TypeAlias

from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Class,
    ExternalInstance,
    Function,
    Instance,
    Tuple,
    Value,
    each,
)
from unlag.rules.bounded_lists import has_few_items
from unlag.rules.nodes import all_nodes, nodes_in, own_nodes
from unlag.rules.places import bound_names, last_name, tree_of
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_ENTRIES = re.compile(r"\.(?:items|keys|values)\(\)$")
_PIECES = (
    "chunk", "batch", "page", "window", "slice", "partition", "attempt", "retr", "tries", "shard", "migration",
)  # fmt: skip
_FEW = re.compile(
    r"settings|config|defaults?(?:_|$)|(?:primary_key|schema|indexes|indices|constraints)$|"
    r"(?:\w*_)?(?:backend|provider|plugin)(?:s|_ids|_names|_keys)|(?:sorted_)?(?:table|column)(?:s|_ids|_names|_keys)"
)
_OF_ONE = frozenset(
    {"headers", "cookies", "params", "query_params", "path_params", "env", "env_vars", "environ", "environment",
     "kwargs"}
)  # fmt: skip
"""What one request or process has a handful of."""
_FEW_SENT = 20
"""Items of which a client may send so many that are few enough."""
_SMALL = 8
"""Rounds of a counting loop that are few enough."""
_SAME_LENGTH = frozenset({"enumerate", "sorted", "reversed", "list", "set", "tuple", "tqdm"})
_ROWS = frozenset(
    {"motor.motor_asyncio.AsyncIOMotorCursor", "motor.motor_asyncio.AsyncIOMotorCommandCursor",
     "pymongo.asynchronous.cursor.AsyncCursor", "pymongo.asynchronous.command_cursor.AsyncCommandCursor",
     "beanie.odm.queries.find.FindMany", "tortoise.queryset.QuerySet", "sqlalchemy.ext.asyncio.AsyncResult",
     "sqlalchemy.ext.asyncio.AsyncScalarResult", "sqlalchemy.ext.asyncio.AsyncMappingResult",
     "aiosqlite.Cursor", "psycopg.AsyncCursor"}
)  # fmt: skip
_GROWING = frozenset({"extend", "update", "setdefault"})
_ADDING = frozenset({"append", "appendleft", "add", "insert"})


def is_long(
    view: FunctionView,
    tree: FunctionSyntax,
    loop: ast.For | ast.AsyncFor | ast.expr,
    iterated: ast.expr,
) -> bool:
    """Whether nothing shows that going through `iterated` takes few rounds, or that they are no items."""
    iterated = _unwrapped(iterated)
    if isinstance(iterated, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Constant):
        return any(isinstance(item, ast.Starred) for item in getattr(iterated, "elts", ()))
    if isinstance(iterated, ast.Subscript) and isinstance(iterated.slice, ast.Slice):
        return False
    text = ast.unparse(iterated).lower()
    names = [text]
    if isinstance(loop, ast.For | ast.AsyncFor):
        names += [name.lower() for name in bound_names(loop.target)]
    if any(word in name for name in names for word in _PIECES):
        return False
    last = _ENTRIES.sub("", text).rpartition(".")[2]
    if last in _OF_ONE or _FEW.match(last):
        return False
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name):
        if iterated.func.id == "range":
            return _is_long_range(iterated)
        if iterated.func.id in ("count", "repeat"):
            return False
    if _is_constant(iterated):
        return False
    if isinstance(loop, ast.AsyncFor):
        return _are_rows(view, tree, iterated)  # others are events as they come
    return not _is_written_down(view, tree, iterated) and not _is_of_few(view, tree, iterated)


def _is_of_few(view: FunctionView, tree: FunctionSyntax, iterated: ast.expr) -> bool:
    """Whether an endpoint's declarations let a client send few items."""
    path = path_of(iterated, 0)
    if path == UNKNOWN:
        return False
    return has_few_items(view.index, view.entry.id, path, tree.site(iterated).line, _FEW_SENT)


def _is_constant(node: ast.expr) -> bool:
    """Whether a name says that it is a constant: `TABLES`, `settings.TABLES`, `TABLES.items()`."""
    return _ENTRIES.sub("", ast.unparse(node)).rpartition(".")[2].removesuffix("()").isupper()


def _are_rows(view: FunctionView, tree: FunctionSyntax, iterated: ast.expr) -> bool:
    """Whether `async for` runs over what a database finds."""
    path = path_of(iterated, 0)
    value = view.resolve(path, tree.site(iterated).line) if path != UNKNOWN else None
    return value is not None and all(
        isinstance(item, ExternalInstance) and view.knowledge.is_a(item.name, _ROWS)
        for item in each(value)
    )


def _unwrapped(node: ast.expr) -> ast.expr:
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _SAME_LENGTH
        and node.args
    ):
        node = node.args[0]
    return node


def _is_long_range(call: ast.Call) -> bool:
    if len(call.args) == 3:
        return False  # in steps: chunks
    last = call.args[-1] if call.args else None
    if isinstance(last, ast.Constant):
        return isinstance(last.value, int) and last.value > _SMALL
    return isinstance(last, ast.Call)  # `range(len(items))`; a bare number of rounds is a choice


def _is_written_down(view: FunctionView, tree: FunctionSyntax, iterated: ast.expr) -> bool:
    """Whether it is an enumeration, a tuple of known length, or a display bound to a name or given back."""
    while isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute):
        if iterated.func.attr not in ("items", "values", "keys"):
            break
        iterated = iterated.func.value
    if isinstance(iterated, ast.Call):
        return _gives_display(view, tree, iterated)
    path = path_of(iterated, 0)
    if path == UNKNOWN:
        return False
    value = view.resolve(path, tree.site(iterated).line)
    if any(isinstance(item, Tuple | Class) for item in each(value)) or _is_of_kinds(view, value):
        return True
    if isinstance(iterated, ast.Name):
        given = assigned(tree.node, iterated.id)
        if given and all(_is_display(view, tree, item) for item in given):
            return not _grows(tree.node, iterated.id)
        if given and all(isinstance(item, ast.List) for item in given):
            is_filled = _is_added_to(tree.node, iterated.id)
            return is_filled and not _grows(tree.node, iterated.id)
    bound = [binding.path for binding in view.facts.bindings if binding.name == path]
    bound += view.index.tables[view.entry.path].bindings.get(path, ())
    bound = [path.rpartition("|")[2] for path in bound]
    return bool(bound) and all(
        item.startswith(("list(", "tuple(", "dict(", "set(")) and not item.endswith(("(?)", "()"))
        for item in bound
    )


def _is_of_kinds(view: FunctionView, value: Value) -> bool:
    """Whether it is a list of members of an enumeration."""
    elements = each(view.index.resolver.attribute(value, "for")) if value is not None else ()
    return any(
        isinstance(item, Instance)
        and any(name.startswith("enum.") for name in view.index.resolver.outside_bases(item.id))
        for item in elements
    )


def _is_display(view: FunctionView, tree: FunctionSyntax, node: ast.expr) -> bool:
    node = _unwrapped(node)
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        if name == "cast" and len(node.args) == 2:
            return _is_display(view, tree, node.args[1])
        return _gives_display(view, tree, node)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return bool(node.elts) and not any(isinstance(item, ast.Starred) for item in node.elts)
    return isinstance(node, ast.Dict) and bool(node.keys) and None not in node.keys


def _gives_display(view: FunctionView, tree: FunctionSyntax, call: ast.Call) -> bool:
    """Whether a function of the project gives back a list whose items all stand in its code."""
    path = path_of(call.func, 0)
    value = view.resolve(path, tree.site(call).line) if path != UNKNOWN else None
    callees = [view.index.function(item.id) for item in each(value) if isinstance(item, Function)]
    return bool(callees) and all(entry is not None and _is_listed(view, entry) for entry in callees)


def _is_listed(view: FunctionView, entry: FunctionEntry) -> bool:
    tree = tree_of(view.index, entry)
    if tree is None:
        return False
    returns = (node for node in own_nodes(tree.node) if isinstance(node, ast.Return))
    given = [node.value for node in returns if node.value is not None]
    return bool(given) and all(_is_built(tree.node, value) for value in given)


def _is_built(function: ast.AST, value: ast.expr) -> bool:
    """A display, or a name whose items are put down one by one outside of loops."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return not any(isinstance(item, ast.Starred) for item in value.elts)
    if not isinstance(value, ast.Name):
        return False
    displays = assigned(function, value.id)
    return (
        bool(displays)
        and all(
            isinstance(item, ast.List | ast.Tuple | ast.Set) and _is_built(function, item)
            for item in displays
        )
        and not _grows(function, value.id)
    )


def assigned(function: ast.AST, name: str) -> list[ast.expr]:
    """Everything that a name is assigned; an empty list where a parameter, a loop or the like binds it too."""
    found: list[ast.expr] = []
    for node in nodes_in(function):
        targets = _targets(node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                found.append(node.value)
                continue
        is_parameter = isinstance(node, ast.arg) and node.arg == name
        if is_parameter or any(name in bound_names(target) for target in targets):
            return []
    return found


def _targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(value=None):
            return []
        case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() | ast.comprehension():
            return [node.target]
        case ast.For() | ast.AsyncFor():
            return [node.target]
        case ast.withitem(optional_vars=ast.expr() as target):
            return [target]
    return []


def _is_fixed(node: ast.expr) -> bool:
    """Whether a loop runs over a constant, or over what stands there."""
    if isinstance(node, ast.Tuple | ast.List):
        return not any(isinstance(item, ast.Starred) for item in node.elts)
    return _is_constant(node)


def _is_added_to(function: ast.AST, name: str) -> bool:
    """Whether something adds one item at a time to a list that a name holds."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in _ADDING
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in nodes_in(function)
    )


def _grows(function: ast.AST, name: str) -> bool:
    """Whether a loop over more than constants, another list or a key adds to a list that a name holds."""
    loops = [
        node
        for node in nodes_in(function)
        if isinstance(node, ast.For | ast.AsyncFor | ast.While)
        and not (isinstance(node, ast.For) and _is_fixed(node.iter))
    ]
    repeated = {id(inner) for loop in loops for inner in all_nodes(loop)}
    for node in nodes_in(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == name:
                return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == name:
                is_repeated = node.func.attr in _ADDING and id(node) in repeated
                if node.func.attr in _GROWING or is_repeated:
                    return True
    return False
