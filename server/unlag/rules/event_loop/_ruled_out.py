"""The parts of a function that are never come to where it is given certain constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from unlag.project.index import Index
from unlag.project.syntax import FunctionNode, FunctionSyntax, NodeSite
from unlag.rules.event_loop._given import Given, constant_of
from unlag.rules.event_loop._tests import Constant, holds
from unlag.rules.nodes import SCOPES, all_nodes, children_of, own_nodes
from unlag.rules.view import Site

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BLOCKS = ("body", "orelse", "finalbody")


def is_ruled_out(index: Index, function_id: str, site: Site, given: Given) -> bool:
    """Whether a function that is given constants never comes to a place in it."""
    if not given:
        return False
    start, end = (site.line, site.column), (site.end_line, site.end_column)
    return any(
        (part.line, part.column) <= start and end <= (part.end_line, part.end_column)
        for part in index.recall(_parts, function_id, given)
    )


def _parts(index: Index, function_id: str, given: Given) -> tuple[NodeSite, ...]:
    """The parts that are never come to."""
    entry = index.function(function_id)
    tree = index.syntax(entry) if entry is not None else None
    if tree is None:
        return ()
    search = _Search(tree, {name: constant_of(value) for name, value in given})
    search.block(tree.node.body, in_loop=False)
    return tuple(tree.site(node) for node in search.found)


class _Search:
    """Goes through the statements of one function."""

    def __init__(self, tree: FunctionSyntax, given: Mapping[str, Constant]) -> None:
        self.found: list[ast.expr | ast.stmt] = []
        self._function = tree.node
        self._given = given
        self._stores = tuple(_stores(tree.node, given))
        self._most = {**given, **{store.path: given[store.name] for store in self._stores}}
        """All that can be known anywhere in the function."""

    @cached_property
    def _changes(self) -> dict[str, int]:
        return _first_changes(self._function, self._given)

    @cached_property
    def _kept(self) -> tuple[_Kept, ...]:
        return tuple(_kept(self._function, self._stores, self._given, self._changes))

    def block(self, statements: Sequence[ast.stmt], *, in_loop: bool) -> bool:
        """Gather what is ruled out in a block; whether what stands behind it is too."""
        for number, statement in enumerate(statements):
            if self._leaves(statement, in_loop=in_loop):
                self.found += statements[number + 1 :]
                return True
        return False

    def _leaves(self, statement: ast.stmt, *, in_loop: bool) -> bool:
        if isinstance(statement, SCOPES):
            return False
        if isinstance(statement, ast.If):
            return self._branches(statement, in_loop=in_loop)
        is_loop = isinstance(statement, _LOOPS)
        for name in _BLOCKS:
            self.block(getattr(statement, name, ()), in_loop=in_loop or is_loop)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            self.block(part.body, in_loop=in_loop)
        if isinstance(statement, ast.While):
            if self._holds(statement.test, in_loop=True) is False:
                self.found += statement.body
        self._expressions(statement, in_loop=in_loop or is_loop)
        return isinstance(statement, _LEAVES)

    def _branches(self, statement: ast.If, *, in_loop: bool) -> bool:
        self._expressions(statement, in_loop=in_loop)
        is_met = self._holds(statement.test, in_loop=in_loop)
        if is_met is not None:
            taken, other = statement.body, statement.orelse
            if not is_met:
                taken, other = other, taken
            self.found += other
            return self.block(taken, in_loop=in_loop)
        both = [self.block(part, in_loop=in_loop) for part in (statement.body, statement.orelse)]
        return all(both)

    def _expressions(self, statement: ast.stmt, *, in_loop: bool) -> None:
        """Gather what `a if x else b`, `x and a` and `x or a` never ask for."""
        for node in _own_expressions(statement):
            if isinstance(node, ast.IfExp):
                is_met = self._holds(node.test, in_loop=in_loop)
                if is_met is not None:
                    self.found.append(node.orelse if is_met else node.body)
            elif isinstance(node, ast.BoolOp):
                decisive = isinstance(node.op, ast.Or)
                for number, value in enumerate(node.values):
                    if self._holds(value, in_loop=in_loop) is decisive:
                        self.found += node.values[number + 1 :]
                        break

    def _holds(self, test: ast.expr, *, in_loop: bool) -> bool | None:
        if holds(test, self._most) is None:
            return None  # nor with less: what is known just there need not be looked for
        end = test.end_lineno or test.lineno
        known = {
            name: value
            for name, value in self._given.items()
            if name not in self._changes or (self._changes[name] > end and not in_loop)
        }
        for kept in self._kept if not in_loop else ():
            if kept.first <= test.lineno <= kept.last:
                known[kept.path] = kept.value
        return holds(test, known)


class _Store(NamedTuple):
    """`self.online = online`, where the name is a parameter with a known value."""

    path: str
    owner: str
    name: str
    line: int


class _Kept(NamedTuple):
    """An attribute that has the value of a parameter on some lines."""

    path: str
    value: Constant
    first: int
    last: int


def _stores(function: FunctionNode, given: Mapping[str, Constant]) -> Iterator[_Store]:
    for statement in function.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
            continue
        if isinstance(value, ast.Name) and value.id in given:
            line = statement.end_lineno or statement.lineno
            yield _Store(ast.unparse(target), target.value.id, value.id, line)


def _kept(
    function: FunctionNode,
    stores: Sequence[_Store],
    given: Mapping[str, Constant],
    changes: Mapping[str, int],
) -> Iterator[_Kept]:
    """Of `self.online = online` what holds down to the first call that can set the attribute otherwise."""
    if not stores:
        return
    nodes = tuple(own_nodes(function))
    stored = [
        ast.unparse(node)
        for node in nodes
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    ]
    for path, owner, name, line in stores:
        if stored.count(path) == 1 and changes.get(name, line + 1) > line:
            last = min(_touched(nodes, owner, line), default=function.end_lineno or line)
            yield _Kept(path, given[name], line + 1, last)


def _touched(nodes: Sequence[ast.AST], owner: str, after: int) -> Iterator[int]:
    """Lines of the calls behind a line that `owner` is given to, or that are made of its methods."""
    for node in nodes:
        if isinstance(node, ast.Call) and node.lineno > after:
            callee = node.func
            receiver = callee.value if isinstance(callee, ast.Attribute) else callee
            passed = (*node.args, *(keyword.value for keyword in node.keywords), receiver)
            names = [item.id for item in passed if isinstance(item, ast.Name)]
            if owner in names or (isinstance(receiver, ast.Call) and _is_super(receiver)):
                yield node.lineno


def _is_super(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "super"


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Every expression of a statement, without the statements in it."""
    for child in children_of(statement):
        if isinstance(child, ast.expr):
            yield from all_nodes(child)
        elif isinstance(child, ast.withitem):
            yield from all_nodes(child.context_expr)


def _first_changes(function: ast.AST, names: Mapping[str, Constant]) -> dict[str, int]:
    """The first lines on which names are given another value."""
    changes: dict[str, int] = {}
    for node in own_nodes(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            changes.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            changes.setdefault(node.name, node.lineno)
        elif isinstance(node, SCOPES):
            for inner in all_nodes(node):
                for name in inner.names if isinstance(inner, ast.Nonlocal) else ():
                    changes.setdefault(name, 0)
    return {name: line for name, line in changes.items() if name in names}
