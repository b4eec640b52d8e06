"""A function's tree read with the project's eyes: what its expressions are, and what it returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.syntax import FunctionSyntax, NodeSite
from unlag.project.values import Collection, Instance, Value
from unlag.rules.nodes import SCOPES, nodes_in, own_nodes
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.facts import Call
from unlag.source.paths import UNKNOWN


class Returned(msgspec.Struct, frozen=True):
    """What a `return` gives back, followed through a name that serves nothing else."""

    node: ast.expr
    name: str = ""
    """The name between, where there is one."""


class Reading:
    """One function's tree, with the questions rules ask of it."""

    def __init__(self, function: FunctionView, syntax: FunctionSyntax) -> None:
        self.function = function
        self.syntax = syntax
        self._nodes: tuple[ast.AST, ...] | None = None
        self._returned: tuple[Returned, ...] | None = None
        self._callees: dict[NodeSite, str] | None = None
        self._otherwise: frozenset[str] | None = None

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the body, in the order of the text, but the bodies of functions in it."""
        if self._nodes is None:
            self._nodes = tuple(own_nodes(self.syntax.node))
        return self._nodes

    @property
    def everything(self) -> tuple[ast.AST, ...]:
        """Every node of the function, functions inside of it included."""
        return nodes_in(self.syntax.node)

    def site(self, node: ast.expr | ast.stmt) -> NodeSite:
        """Where a node stands, for a finding."""
        return self.syntax.site(node)

    def value(self, node: ast.expr) -> Value:
        """What an expression is, as far as known."""
        path = path_of(node, 0)
        if path == UNKNOWN:
            return None
        return self.function.resolve(path, self.site(node).line)

    def instance(self, node: ast.expr) -> Instance | None:
        """The object of one class of the project that an expression gives."""
        value = self.value(node)
        return value if isinstance(value, Instance) else None

    def callee(self, node: ast.AST) -> str:
        """The id or the outside name of what a call calls, or an empty string."""
        if not isinstance(node, ast.Call):
            return ""
        if self._callees is None:
            self._callees = {
                NodeSite(call.line, call.column, call.end_line, call.end_column): callee
                for call, callee in self.function.calls()
            }
        callee = self._callees.get(self.site(node), "")
        return callee if not callee or ":" in callee else self.function.knowledge.canonical(callee)

    def runs_over_list(self, node: ast.expr) -> bool:
        """Whether a comprehension runs over what is known to be a list."""
        if not isinstance(node, ast.ListComp):
            return False
        value = self.value(node.generators[0].iter)
        return isinstance(value, Collection) and not value.is_mapping

    def returned(self) -> tuple[Returned, ...]:
        """Everything the function returns; of `a if c else b` both."""
        if self._returned is None:
            self._returned = tuple(
                item
                for node in _returned_in(self.syntax.node.body)
                for item in _branches(self._followed(node))
            )
        return self._returned

    def loads(self, name: str) -> int:
        """How often a name is read in the function, functions inside of it included."""
        return sum(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
            for node in self.everything
        )

    def assigned(self, name: str) -> ast.expr | None:
        """The one value that a local name is ever given, by a plain assignment."""
        values: list[ast.expr | None] = []
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
                    values.append(value)
                case ast.AnnAssign(target=ast.Name(id=bound), value=value) if bound == name:
                    values.append(value)
        stores = sum(
            isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
            for node in self.everything
        )
        is_only = len(values) == stores == 1 and name not in self._given_otherwise()
        return values[0] if is_only else None

    def _given_otherwise(self) -> frozenset[str]:
        """Names that get a value by more than an assignment, or in more than this function."""
        if self._otherwise is None:
            found = (name for node in self.everything for name in _given_by(node))
            self._otherwise = frozenset(found)
        return self._otherwise

    def _followed(self, node: ast.expr) -> Returned:
        if isinstance(node, ast.Name) and self.loads(node.id) == 1:
            value = self.assigned(node.id)
            if value is not None:
                return Returned(value, node.id)
        return Returned(node)


def _given_by(node: ast.AST) -> Iterator[str]:
    """Names that a node binds without a store, or shares with other functions."""
    match node:
        case ast.arg(arg=name):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (one.asname or one.name.partition(".")[0] for one in aliases)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name


def _branches(item: Returned) -> Iterator[Returned]:
    if isinstance(item.node, ast.IfExp):
        for node in (item.node.body, item.node.orelse):
            yield from _branches(Returned(node, item.name))
    else:
        yield item


def reading(function: FunctionView) -> Reading | None:
    """The function's tree, where its text parses; one for all rules that look at the function."""
    return function.once(_read)


def _read(function: FunctionView) -> Reading | None:
    syntax = function.syntax(function.entry)
    if syntax is None:
        return None
    twin = FunctionView(function.index, function.entry, function.offload_style)
    return Reading(twin, syntax)


def can_be(call: Call, methods: frozenset[str]) -> bool:
    """Whether facts let a call be one of some methods: what is called can be too much for facts."""
    return call.target == UNKNOWN or call.target.rpartition(".")[2] in methods


def can_make(call: Call, methods: frozenset[str]) -> bool:
    """Whether facts let a call be one of some methods, or give something nothing but `**x`."""
    is_spread = len(call.arguments) == 1 and call.arguments[0].startswith("**")
    return is_spread or can_be(call, methods)


def starred_only(call: ast.Call) -> ast.expr | None:
    """Of `f(**x)` the `x`; None for any other arguments."""
    if call.args or len(call.keywords) != 1 or call.keywords[0].arg is not None:
        return None
    return call.keywords[0].value


def only_argument(call: ast.Call) -> ast.expr | None:
    """Of `f(x)` the `x`; None for any other arguments."""
    if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
        return None
    return call.args[0]


def _returned_in(block: list[ast.stmt]) -> Iterator[ast.expr]:
    """What the statements of a block return, but not those of functions in it."""
    for statement in block:
        if isinstance(statement, ast.Return):
            if statement.value is not None:
                yield statement.value
        elif not isinstance(statement, SCOPES):
            for inner in _blocks_of(statement):
                yield from _returned_in(inner)


def _blocks_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks in a compound statement, in the order of the text."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        found = getattr(statement, field, None)
        if not found:
            continue
        if field in ("handlers", "cases"):
            yield from (part.body for part in found)
        else:
            yield found
