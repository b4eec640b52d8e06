"""The single walk over a unit's syntax tree, with a stack of its own.

Depth of nesting costs memory, never the interpreter's stack. Resolves nothing and keeps no node.
"""

from __future__ import annotations

import ast
from ast import Attribute, Constant, Name
from collections.abc import Callable
from sys import intern
from typing import Any

from unlag.source import facts
from unlag.source.arguments import arguments_of
from unlag.source.awaits import await_runs
from unlag.source.expressions import path_of
from unlag.source.facts import Binding, Call, ClassFacts, FunctionFacts, Read
from unlag.source.guards import answers_kept
from unlag.source.paths import UNKNOWN
from unlag.source.scopes import MODULE, Scope

LEAVES = frozenset({Name, Constant, type(None)})
"""Classes of expressions that say nothing to a walk: neither they nor what is in them is recorded."""
_ANSWERING = frozenset({ast.If, ast.With, ast.AsyncWith, ast.Try})
_FILLING = frozenset({"append", "add", "appendleft", "setdefault", "insert"})
Handler = Callable[["Walker", Any], None]


_shared = dict[int, int]().setdefault
"""Flags as one object for all calls that bear them: Python makes a new one each time."""


class Walker:
    """Walks one scope after another; handlers by node class say what each node means."""

    __slots__ = ("base", "classes", "functions", "handlers", "pending", "scope", "stack")

    def __init__(self, base: int, handlers: dict[type, Handler]) -> None:
        self.base = base
        """The line before the unit's first, in the numbering of the nodes."""
        self.handlers = handlers
        self.stack: list[Any] = []
        self.pending: list[Callable[[], None]] = []
        self.functions: list[FunctionFacts] = []
        self.classes: list[ClassFacts] = []
        self.scope: Scope

    def run(self, scope: Scope) -> None:
        """Walk a scope's body and all that is nested in it short of another function."""
        self.scope = scope
        self.statements(scope.body)
        stack = self.stack
        handlers = self.handlers
        while stack:
            node = stack.pop()
            handlers[type(node)](self, node)

    def statements(self, body: list[Any], region: int = 0) -> None:
        """Push a statement list so that it is walked in order, `region` added to its flags."""
        scope = self.scope
        stack = self.stack
        if region:
            stack.append(scope.region)
        if len(body) > 1 and scope.qualname != MODULE:
            if scope.flags & facts.ASYNC:
                scope.runs.extend(await_runs(body, self.base))
            kept = self._kept_from(body) if not _ANSWERING.isdisjoint(map(type, body)) else 0
            if kept:
                stack.append(scope.region | region)
                stack.extend(reversed(body[kept:]))
                stack.append(scope.region | region | facts.ONCE)
                body = body[:kept]
        stack.extend(reversed(body))
        if region:
            stack.append(scope.region | region)

    def _kept_from(self, body: list[Any]) -> int:
        """Index of the first statement after an `if kept: return kept`, or 0."""
        for index in range(len(body) - 1):
            if body[index].__class__ in _ANSWERING:
                if answers_kept(body, index, self.scope.lasting()):
                    return index + 1
        return 0

    def marked(self, nodes: list[Any], flags: int) -> None:
        """Push nodes with `flags` added to the region while they last."""
        region = self.scope.region
        self.stack.append(region)
        self.push(nodes)
        self.stack.append(region | flags)

    def push(self, nodes: list[Any]) -> None:
        """Push nodes so that they are walked in order; leaves need not be."""
        stack = self.stack
        for node in reversed(nodes):
            if type(node) not in LEAVES:
                stack.append(node)

    def call(self, node: Any, use: int) -> None:
        """Record a call and the calls it is chained to, and push what is nested in them."""
        while True:
            function = node.func
            nested: list[Any] = []
            self._record(node, function, use, nested)
            for argument in nested:
                self.value(argument, facts.ARGUMENT)
            kind = type(function)
            if kind is Attribute:
                function = self._receiver(function)
                kind = type(function)
            if kind is not ast.Call:
                break
            node = function
            use = facts.CONSUMED
        if kind is not Name:
            self.value(function, facts.CONSUMED)

    def _record(self, node: Any, function: Any, use: int, nested: list[Any]) -> None:
        """Record one call; its arguments that are worth a walk are added to `nested`."""
        scope = self.scope
        base = self.base
        flags = use | scope.region
        arguments = arguments_of(node, base, nested) if node.args or node.keywords else ()
        scope.calls.append(
            Call(
                function.id if type(function) is Name else path_of(function, base),
                node.lineno - base,
                node.col_offset,
                node.end_lineno - base,
                node.end_col_offset,
                _shared(flags, flags),
                arguments,
            )
        )
        if arguments and type(function) is Attribute and function.attr in _FILLING and node.args:
            path = path_of(node.args[-1], base)
            if path.endswith("()") or path.isidentifier():
                self.put(function.value, path)

    def _receiver(self, node: ast.Attribute) -> Any:
        """What stands before a chain of attributes; those read on the way are recorded."""
        value: Any = node.value
        while type(value) is Attribute:
            self.read(value, facts.CONSUMED)
            value = value.value
        return value

    def value(self, node: Any, use: int) -> None:
        """Walk an expression whose use is known: calls and attributes keep it."""
        kind = type(node)
        if kind is ast.Call:
            self.call(node, use)
        elif kind is Attribute:
            self.read(node, use)
            receiver = self._receiver(node)
            if type(receiver) is not Name:
                self.value(receiver, facts.CONSUMED)
        elif kind is ast.Await:
            self.awaiting(node)
        elif kind not in LEAVES:
            self.stack.append(node)

    def awaiting(self, node: ast.Await) -> None:
        """Record an await, of a call or of anything else."""
        scope = self.scope
        scope.awaits += 1
        value: Any = node.value
        if type(value) is ast.Call:
            self.call(value, facts.AWAITED)
        else:
            scope.awaited.append(path_of(value, self.base))
            self.value(value, facts.AWAITED)

    def read(self, node: ast.Attribute, use: int) -> None:
        """Record an attribute read, once a path and line."""
        scope = self.scope
        base = self.base
        path = path_of(node, base)
        line = node.lineno
        if path[0] == UNKNOWN or (path, line) in scope.reads:
            return
        flags = use | scope.region
        scope.reads[path, line] = Read(
            path,
            line - base,
            node.col_offset,
            (node.end_lineno or line) - base,
            node.end_col_offset or 0,
            _shared(flags, flags),
        )

    def bind(self, target: Any, path: str) -> None:
        """Give the names in an assignment target the value `path`."""
        kind = type(target)
        if kind is Name:
            scope = self.scope
            name = target.id
            binding = Binding(name, target.lineno - self.base, path)
            if name in scope.global_names:
                scope.global_bindings.append(binding)
            elif scope.class_attributes is not None:
                scope.class_attributes.append(binding)
            else:
                scope.bindings.append(binding)
        elif kind is ast.Attribute:
            self._bind_attribute(target, path)
        elif kind is ast.Tuple or kind is ast.List:
            for index, element in enumerate(target.elts):
                known = path != UNKNOWN and "|" not in path
                self.bind(element, intern(f"{path}[{index}]") if known else UNKNOWN)
        elif kind is ast.Starred:
            self.bind(target.value, UNKNOWN)
        elif kind is ast.Subscript:
            self.stack.append(target)
            if path != UNKNOWN and path[0] != ":":
                self.put(target.value, path)

    def put(self, holder: Any, path: str) -> None:
        """Note that a container gets `path` as one of its values, under the name `holder[]`."""
        scope = self.scope
        kind = type(holder)
        line = holder.lineno - self.base
        if kind is ast.Name:
            binding = Binding(f"{holder.id}[]", line, path)
            if scope.qualname == MODULE or not scope.has_bound(holder.id):
                scope.global_bindings.append(binding)
            elif path[-1] == ")":
                scope.bindings.append(binding)
        elif (
            kind is ast.Attribute
            and type(holder.value) is ast.Name
            and holder.value.id == scope.self_name
        ):
            scope.self_bindings.append(Binding(f"{holder.attr}[]", line, path))

    def _bind_attribute(self, target: ast.Attribute, path: str) -> None:
        scope = self.scope
        receiver: Any = target.value
        line = target.lineno - self.base
        if type(receiver) is ast.Name and receiver.id == scope.self_name:
            scope.self_bindings.append(Binding(target.attr, line, path))
            return
        if path != UNKNOWN:
            scope.global_bindings.append(Binding(path_of(target, self.base), line, path))
        if type(receiver) is not ast.Name:
            self.value(receiver, facts.CONSUMED)
