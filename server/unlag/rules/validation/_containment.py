"""Whether the objects that a function makes stay inside of it: only their fields are read there."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_COUNTING = frozenset({"len", "bool"})


def stays_inside(function: ast.AST, made: Iterable[ast.Call], fields: frozenset[str]) -> bool:
    """Whether nothing but `fields` is ever taken from the objects that the calls in `made` give."""
    return _Containment(function, fields).holds(made)


class _Containment:
    def __init__(self, function: ast.AST, fields: frozenset[str]) -> None:
        self._function = function
        self._fields = fields
        self._parents: dict[int, ast.AST] = {}
        self._inner: set[int] = set()
        for node in ast.walk(function):
            for child in ast.iter_child_nodes(node):
                self._parents[id(child)] = node
            if isinstance(node, _SCOPES) and node is not function:
                self._inner.update(id(one) for one in ast.walk(node))
        self._held: set[str] = set()
        """Local names that stand for an object or for a collection of them."""
        self._pending: list[str] = []

    def holds(self, made: Iterable[ast.Call]) -> bool:
        if not all(id(call) not in self._inner and self._is_kept(call) for call in made):
            return False
        while self._pending:
            name = self._pending.pop()
            for node in ast.walk(self._function):
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
        return False

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
            for node in ast.walk(self._function)
        )

    def _hold(self, name: str) -> bool:
        if name not in self._held:
            self._held.add(name)
            self._pending.append(name)
        return True


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]
