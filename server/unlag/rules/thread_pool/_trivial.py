"""Proves that a plain function only computes from what it is given: nothing in it can wait.

A proof, not a guess: any call, attribute, operator or statement that is not known to be harmless ends it.
Follows functions and constructors of the project; loops, `with`, `try` and decorators are never harmless.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Class,
    Collection,
    External,
    ExternalInstance,
    Instance,
    Tuple,
    Value,
    each,
)
from unlag.rules.thread_pool import _inert
from unlag.rules.thread_pool._classes import Classes
from unlag.source import facts
from unlag.source.expressions import path_of

_DEEPEST = 3
_LONGEST = 40
"""Lines; what is longer is not worth a proof."""
_MEMOISING = frozenset({"lru_cache", "cache"})


class Kind(enum.IntEnum):
    """What is known of a value once it is there."""

    OPAQUE = 1
    """Any object: it can be kept, handed on and compared by identity."""
    MADE = 2
    """An object that this very code or FastAPI made of inert parts."""
    INERT = 3
    """Text, numbers, times and containers of them: whatever is done with it only computes."""


class Proof:
    """One attempt; `relied_on` gathers the functions of the project it leans on."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.classes = Classes(index.resolver)
        self.relied_on: dict[str, None] = {}

    def holds(self, entry: FunctionEntry, *, gives: Kind = Kind.OPAQUE, depth: int = 0) -> bool:
        """Whether `entry` is trivial and every result at least of the kind `gives`."""
        item = entry.facts
        if depth > _DEEPEST or item.end_line - item.line > _LONGEST or not self._is_plain(entry):
            return False
        syntax = self.index.syntax(entry)
        return syntax is not None and _Body(self, entry, syntax, depth).gives(gives)

    def constructs(self, class_id: str, depth: int) -> bool:
        """Whether making an object of a class of the project runs nothing but trivial code."""
        runs = self.classes.constructor(class_id)
        if runs is None:
            return False
        for function_id in runs:
            entry = self.index.function(function_id)
            if entry is None or not self.leans_on(entry, depth):
                return False
        return True

    def leans_on(self, entry: FunctionEntry, depth: int) -> bool:
        """Whether another function of the project is trivial too."""
        self.relied_on[entry.id] = None
        decorators = {decorator.target.rpartition(".")[2] for decorator in entry.facts.decorators}
        if decorators and decorators <= _MEMOISING:
            return True  # after the first call, which is made once
        return not decorators and self.holds(entry, depth=depth + 1)

    def _is_plain(self, entry: FunctionEntry) -> bool:
        item = entry.facts
        links = self.index.links[entry.id]
        odd = facts.ASYNC | facts.GENERATOR | facts.LAMBDA | facts.ABSTRACT | facts.OVERLOAD
        return not (item.flags & odd or links.hazards or item.blocks) and all(links.callees)


class _Body:
    """The statements and expressions of one function."""

    def __init__(
        self, proof: Proof, entry: FunctionEntry, syntax: FunctionSyntax, depth: int
    ) -> None:
        self._proof = proof
        self._entry = entry
        self._syntax = syntax
        self._depth = depth
        self._place = Place(entry.path, entry.id.rpartition(":")[2])
        self._made: dict[str, Kind] = {}
        """Local names that a statement bound."""
        self._callees = {
            (call.line, call.column, call.end_line, call.end_column): callee
            for call, callee in zip(
                entry.facts.calls, proof.index.links[entry.id].callees, strict=True
            )
        }

    def gives(self, least: Kind) -> bool:
        """Whether everything is harmless and every result at least `least`."""
        self._least = least
        return self._block(self._syntax.node.body)

    def _block(self, statements: Iterable[ast.stmt]) -> bool:
        return all(self._statement(statement) for statement in statements)

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Pass() | ast.Return(value=None):
                return True
            case ast.Return(value=ast.expr() as value):
                kind = self._kind(value)
                return kind is not None and kind >= self._least
            case ast.Expr(value=value) | ast.Raise(exc=ast.expr() as value, cause=None):
                return self._kind(value) is not None
            case ast.Assign(targets=[target], value=value):
                return self._assigned(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self._assigned(target, value)
            case ast.If(test=test, body=body, orelse=orelse):
                return self._is_test(test) and self._block(body) and self._block(orelse)
        return False

    def _assigned(self, target: ast.expr, value: ast.expr) -> bool:
        kind = self._kind(value)
        if kind is None:
            return False
        match target:
            case ast.Name(id=name):
                known = self._made.get(name, kind)
                self._made[name] = min(known, kind)
                return True
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
                owner = f"{self._entry.path}:{self._entry.facts.owner}"
                return self._entry.facts.name == "__init__" and self._proof.classes.is_field(
                    owner, attribute
                )
        return False

    def _is_test(self, node: ast.expr) -> bool:
        """Whether asking for the truth of an expression is harmless."""
        match node:
            case ast.BoolOp(values=values):
                return all(map(self._is_test, values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._is_test(operand)
            case ast.Name(id=name) if name not in self._made:
                found = each(self._resolved(name))
                return all(self._proof.classes.is_always_true(value) for value in found) or (
                    self._kind(node) is Kind.INERT
                )
        return self._kind(node) is Kind.INERT

    def _kind(self, node: ast.expr) -> Kind | None:
        """The kind of a harmless expression, None for any other."""
        match node:
            case ast.Constant():
                return Kind.INERT
            case ast.Name(id=name):
                return self._made.get(name) or self._kind_of(self._resolved(name))
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return self._least_of(elements)
            case ast.Dict(keys=keys, values=values) if None not in keys:
                return self._least_of([*(key for key in keys if key is not None), *values])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._least_of([body, orelse]) if self._is_test(test) else None
            case ast.BoolOp(values=values):
                is_harmless = all(map(self._is_test, values[:-1]))
                return self._least_of(values) if is_harmless else None
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Kind | None:
        """Operators, comparisons and formatting: harmless on what is inert."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                kind = self._least_of([left, *others])
                by_identity = all(isinstance(op, ast.Is | ast.IsNot) for op in ops)
                return Kind.INERT if kind is Kind.INERT or (kind and by_identity) else None
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Kind.INERT if self._is_test(operand) else None
            case ast.UnaryOp(operand=operand):
                return self._only_inert([operand])
            case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.Pow):
                return self._only_inert([left, right])
            case ast.Subscript(value=value, slice=key) if not isinstance(key, ast.Slice):
                return Kind.OPAQUE if self._only_inert([value, key]) else None
            case ast.JoinedStr(values=values):
                inner = [one.value for one in values if isinstance(one, ast.FormattedValue)]
                return self._only_inert(inner)
        return None

    def _only_inert(self, nodes: list[ast.expr]) -> Kind | None:
        return Kind.INERT if self._least_of(nodes) is Kind.INERT else None

    def _least_of(self, nodes: list[ast.expr]) -> Kind | None:
        kinds = [self._kind(node) for node in nodes]
        if None in kinds:
            return None
        return min((kind for kind in kinds if kind is not None), default=Kind.INERT)

    def _attribute(self, node: ast.Attribute) -> Kind | None:
        path = ast.unparse(node)
        if not all(part.isidentifier() for part in path.split(".")):
            return None
        owner_path, _, name = path.rpartition(".")
        if owner_path.partition(".")[0] in self._made:
            return None
        owner = self._resolved(owner_path)
        if not self._proof.classes.is_stored(owner, name):
            return Kind.OPAQUE if self._is_state(node) else None
        return self._kind_of(self._resolved(path))

    def _is_state(self, node: ast.Attribute) -> bool:
        """Whether it is something kept under `app.state` or `request.state`."""
        holder = node.value
        if not isinstance(holder, ast.Attribute) or holder.attr != "state":
            return False
        return self._attribute(holder) is not None

    def _call(self, node: ast.Call) -> Kind | None:
        if any(keyword.arg is None for keyword in node.keywords):
            return None  # what is spread can be any object
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        kind = self._least_of(given)
        site = self._syntax.site(node)
        callee = self._callees.get((site.line, site.column, site.end_line, site.end_column), "")
        if kind is None or not callee:
            return None
        if ":" in callee:
            return self._own(callee, kind) if self._is_single(node) else None
        name = self._proof.index.knowledge.canonical(callee)
        if name in _inert.KEEPERS or self._is_bare_super(node, callee):
            return Kind.MADE
        is_method = name.rpartition(".")[0] in _inert.TYPES or name.startswith(_inert.CONTAINERS)
        if kind is Kind.INERT and (name in _inert.FUNCTIONS or is_method):
            return Kind.INERT
        return None

    def _is_bare_super(self, node: ast.Call, callee: str) -> bool:
        return callee == "object.__init__" and ast.unparse(node.func) == "super().__init__"

    def _is_single(self, node: ast.Call) -> bool:
        """Whether there is one thing alone that a call can call: of several, the links name the first."""
        path = path_of(node.func, 0)
        return len(each(self._resolved(path))) == 1

    def _own(self, callee: str, kind: Kind) -> Kind | None:
        """A function or class of the project is called with arguments of a kind."""
        proof = self._proof
        entry = proof.index.function(callee)
        if entry is not None:
            is_direct = not entry.facts.owner or entry.facts.name == "__init__"
            return Kind.OPAQUE if is_direct and proof.leans_on(entry, self._depth) else None
        if proof.classes.is_model(callee) and kind < Kind.MADE:
            return None  # validation reads the attributes of what it is given
        return Kind.MADE if proof.constructs(callee, self._depth) else None

    def _resolved(self, path: str) -> Value:
        return self._proof.index.resolver.resolve(self._place, path, self._entry.facts.end_line)

    def _kind_of(self, value: Value) -> Kind:
        return min((self._kind_of_one(item) for item in each(value)), default=Kind.OPAQUE)

    def _kind_of_one(self, value: Value) -> Kind:
        if isinstance(value, ExternalInstance) and value.name in _inert.TYPES:
            return Kind.INERT
        if isinstance(value, External) and value.name.startswith(_inert.CONSTANTS):
            return Kind.INERT
        if isinstance(value, Collection) and isinstance(value.element, ExternalInstance):
            return self._kind_of_one(value.element)
        if isinstance(value, Tuple) and value.elements:
            return min(map(self._kind_of, value.elements))
        if isinstance(value, Instance) and self._proof.classes.is_model(value.id):
            return Kind.MADE
        if isinstance(value, Instance | Class) and self._proof.classes.is_enumeration(value.id):
            return Kind.INERT
        return Kind.OPAQUE
