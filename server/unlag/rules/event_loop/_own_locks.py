"""Waits by which a helper takes a turn: a lock, a place in a pool or a slot, which it or its caller gives back.

As with `threading.Lock`, who asks mostly finds it free, and what the turn is taken for holds the loop longer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from unlag.project.index import Index
from unlag.rules.event_loop._boundaries import Boundary
from unlag.rules.event_loop._waiting import SEMAPHORES
from unlag.rules.nodes import own_nodes
from unlag.rules.places import tree_of

_CONDITION = ("threading.Condition.wait", "threading.Condition.wait_for")
_GET = "queue.Queue.get"
_PUTS = ("put", "put_nowait")


def takes_a_turn(index: Index, boundary: Boundary) -> bool:
    """Whether a helper waits for its turn, and not for what another thread makes."""
    name = boundary.hazard.name
    if name.removesuffix(".acquire") in SEMAPHORES:
        return True
    if name not in _CONDITION and name != _GET:
        return False
    last = boundary.trail[-1]
    return index.recall(_takes_a_turn, f"{last.path}:{last.function}", boundary.hazard.line, name)


def _takes_a_turn(index: Index, function_id: str, line: int, name: str) -> bool:
    entry = index.function(function_id)
    tree = tree_of(index, entry) if entry is not None else None
    if tree is None:
        return False
    nodes = tuple(own_nodes(tree.node))
    if name == _GET:
        return _puts_back(nodes)
    return any(isinstance(n, ast.stmt) and tree.site(n).line > line and _marks(n) for n in nodes)


def _marks(statement: ast.stmt) -> bool:
    """Whether a statement tells others that somebody is at work: `self._readers += 1`, `self._writing = True`."""
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Attribute) and isinstance(statement.op, ast.Add)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
        return False
    is_attribute = isinstance(statement.targets[0], ast.Attribute)
    return is_attribute and statement.value.value is True


def _puts_back(nodes: Iterable[ast.AST]) -> bool:
    """Whether what is got from a queue goes back into it: `item = pool.get()` ... `pool.put(item)`."""
    calls = [n.func for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    taken = {ast.unparse(call.value) for call in calls if call.attr == "get"}
    return any(call.attr in _PUTS and ast.unparse(call.value) in taken for call in calls)
