"""A function's tree read with the project's eyes: what its expressions are, and what it returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.syntax import FunctionSyntax, NodeSite
from unlag.project.values import Collection, Instance, Value
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


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
        self.nodes: tuple[ast.AST, ...] = tuple(_own_nodes(syntax.node))
        self._callees: dict[NodeSite, str] | None = None

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

    def returned(self) -> Iterator[Returned]:
        """Everything the function returns."""
        for node in self.nodes:
            if isinstance(node, ast.Return) and node.value is not None:
                yield self._followed(node.value)

    def loads(self, name: str) -> int:
        """How often a name is read in the function, functions inside of it included."""
        return sum(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
            for node in ast.walk(self.syntax.node)
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
            for node in ast.walk(self.syntax.node)
        )
        return values[0] if len(values) == stores == 1 else None

    def _followed(self, node: ast.expr) -> Returned:
        if isinstance(node, ast.Name) and self.loads(node.id) == 1:
            value = self.assigned(node.id)
            if value is not None:
                return Returned(value, node.id)
        return Returned(node)


def reading(function: FunctionView) -> Reading | None:
    """The function's tree, where its text parses."""
    syntax = function.syntax(function.entry)
    return None if syntax is None else Reading(function, syntax)


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


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Every node of a function's body, in the order of the text, but the bodies of functions in it."""
    waiting = list(reversed(getattr(function, "body", [])))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
