"""How objects leave a function, where nothing but their fields is read in it.

Looks at one function; where they go from there is for `_journeys` to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

import msgspec

from unlag.rules.nodes import SCOPES, all_nodes, children_of, nodes_in

_COUNTING = frozenset({"len", "bool"})


class Departures(msgspec.Struct, frozen=True):
    """How objects leave a function."""

    is_returned: bool
    handed: tuple[tuple[ast.Call, ast.expr | ast.keyword], ...]
    """Calls that are given objects, each with the argument."""


def departures(
    function: ast.AST, made: Iterable[ast.expr], names: Iterable[str], fields: frozenset[str]
) -> Departures | None:
    """How the objects that `made` gives and `names` hold leave; None where more than `fields` is taken."""
    found = _Containment(function, fields)
    if not found.holds(made, names):
        return None
    return Departures(found.is_returned, tuple(found.handed))


class _Containment:
    def __init__(self, function: ast.AST, fields: frozenset[str]) -> None:
        self._fields = fields
        self._parents: dict[int, ast.AST] = {}
        self._inner: set[int] = set()
        self._nodes = nodes_in(function)
        for node in self._nodes:
            for child in children_of(node):
                self._parents[id(child)] = node
            if isinstance(node, SCOPES) and node is not function:
                self._inner.update(map(id, all_nodes(node)))
        self._held: set[str] = set()
        """Local names that stand for an object or for a collection of them."""
        self._pending: list[str] = []
        self.is_returned = False
        self.handed: list[tuple[ast.Call, ast.expr | ast.keyword]] = []

    def holds(self, made: Iterable[ast.expr], names: Iterable[str]) -> bool:
        if not all(id(call) not in self._inner and self._is_kept(call) for call in made):
            return False
        for name in names:
            self._hold(name)
        while self._pending:
            name = self._pending.pop()
            for node in self._nodes:
                if isinstance(node, ast.Name) and node.id == name and not self._is_harmless(node):
                    return False
        return True

    def _is_harmless(self, name: ast.Name) -> bool:
        if id(name) in self._inner:
            return False
        return not isinstance(name.ctx, ast.Load) or self._is_kept(name)

    def _is_kept(self, node: ast.AST) -> bool:
        """Whether what `node` stands for goes nowhere but into a local name or one of its fields."""
        parent = self._parents.get(id(node))
        match parent:
            case ast.Attribute(attr=attribute):
                return attribute in self._fields or self._is_appending(parent)
            case ast.Subscript(value=value) if value is node:
                return self._is_kept(parent)
            case (
                ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element)
            ) if element is node:
                return self._is_kept(parent)
            case ast.List():
                return self._is_kept(parent)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
                return self._hold(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is node:
                return self._hold(name)
            case ast.For(target=ast.Name(id=name), iter=items) if items is node:
                return self._hold(name)
            case ast.comprehension(target=ast.Name(id=name), iter=items) if items is node:
                return self._hold(name)
            case ast.Call(func=ast.Name(id=callee)) if callee in _COUNTING:
                return True
            case ast.Call(func=ast.Attribute(attr="append", value=ast.Name(id=name)), args=[only]):
                return only is node and self._is_local_list(name) and self._hold(name)
            case ast.If() | ast.UnaryOp(op=ast.Not()) | ast.Expr():
                return True
            case ast.Await():
                return self._is_kept(parent)
            case ast.Return():
                self.is_returned = True
                return True
            case ast.Call(args=given) if any(one is node for one in given):
                return isinstance(node, ast.expr) and self._hand(parent, node)
            case ast.keyword(arg=str()):
                call = self._parents.get(id(parent))
                return isinstance(call, ast.Call) and self._hand(call, parent)
        return False

    def _hand(self, call: ast.Call, argument: ast.expr | ast.keyword) -> bool:
        self.handed.append((call, argument))
        return True

    def _is_appending(self, attribute: ast.AST) -> bool:
        """Whether an attribute is the `append` of a collection, called."""
        call = self._parents.get(id(attribute))
        is_append = isinstance(attribute, ast.Attribute) and attribute.attr == "append"
        return is_append and isinstance(call, ast.Call) and call.func is attribute

    def _is_local_list(self, name: str) -> bool:
        return any(
            isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(node.value, ast.List)
            and name in {getattr(one, "id", "") for one in _targets(node)}
            for node in self._nodes
        )

    def _hold(self, name: str) -> bool:
        if name not in self._held:
            self._held.add(name)
            self._pending.append(name)
        return True


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]
