"""What becomes of a value that a function makes: kept for later, given back, or used and dropped.

Follows one local name; what a called function keeps is not seen, so calls that could keep it count.
"""

from __future__ import annotations

import ast
import enum

from unlag.project.syntax import FunctionSyntax
from unlag.rules.places import Chain, bound_names, chain_to, last_name, names_in
from unlag.rules.view import Site

_KEEPERS = frozenset({"setdefault", "append", "add", "update", "setattr", "insert", "put", "set"})


class Fate(enum.Enum):
    """What becomes of a value."""

    DROPPED = "dropped"
    GIVEN = "given"
    """Returned: its caller decides."""
    KEPT = "kept"
    """Stored where it outlives the call, or nobody knows."""


def fate_of(tree: FunctionSyntax, site: Site) -> Fate:
    """What becomes of the value of the call at `site`."""
    chain = chain_to(tree, site)
    if not chain:
        return Fate.KEPT
    statement = next(node for node in reversed(chain) if isinstance(node, ast.stmt))
    if isinstance(statement, ast.Return):
        return Fate.GIVEN
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return _assigned(tree, statement, chain)
    return Fate.KEPT if _is_handed_to_keeper(chain) else Fate.DROPPED


def _assigned(tree: FunctionSyntax, statement: ast.Assign | ast.AnnAssign, chain: Chain) -> Fate:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if not all(isinstance(target, ast.Name | ast.Tuple) for target in targets):
        return Fate.KEPT
    if _is_handed_to_keeper(chain):
        return Fate.KEPT
    names = set().union(*(bound_names(target) for target in targets))
    return _fate_of_names(tree, names)


def _fate_of_names(tree: FunctionSyntax, names: set[str]) -> Fate:
    found = Fate.DROPPED
    for node in ast.walk(tree.node):
        if isinstance(node, ast.Global | ast.Nonlocal) and not names.isdisjoint(node.names):
            return Fate.KEPT
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            if names.isdisjoint(names_in(node.value)):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets):
                return Fate.KEPT
        elif isinstance(node, ast.Call) and _keeps(node):
            inside = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(not names.isdisjoint(names_in(item)) for item in inside):
                return Fate.KEPT
        elif isinstance(node, ast.Return) and node.value is not None and _gives(node.value, names):
            found = Fate.GIVEN
    return found


def _gives(value: ast.expr, names: set[str]) -> bool:
    """Whether a returned expression is one of the names, or an object made around it."""
    if isinstance(value, ast.Name):
        return value.id in names
    if isinstance(value, ast.Tuple | ast.List | ast.Dict):
        return any(
            _gives(item, names)
            for item in ast.iter_child_nodes(value)
            if isinstance(item, ast.expr)
        )
    if isinstance(value, ast.Call):
        inside = [*value.args, *(keyword.value for keyword in value.keywords)]
        return any(_gives(item, names) for item in inside)
    return False


def _is_handed_to_keeper(chain: Chain) -> bool:
    return any(isinstance(node, ast.Call) and _keeps(node) for node in chain[:-1])


def _keeps(call: ast.Call) -> bool:
    return last_name(call.func) in _KEEPERS
