"""What is gathered about one function while its body is walked, and the facts it becomes."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from unlag.source.arguments import shared_texts
from unlag.source.facts import (
    AwaitRun,
    Binding,
    Block,
    Call,
    FunctionFacts,
    Guard,
    Import,
    Narrowing,
    Parameter,
    Read,
)
from unlag.source.names import names_below

MODULE = "<module>"
"""Qualified name of the code that runs at import."""

EMPTY_BODY = FunctionFacts(MODULE, "", "", 0, 1, 0, 1)
"""The body of a unit that does nothing at import but define."""

_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_PLAIN = frozenset({ast.Expr, ast.Assign, ast.Return, ast.AnnAssign, ast.AugAssign, ast.Raise})
"""The commonest statements that hold no others."""
_NESTED = ("body", "orelse", "handlers", "finalbody", "cases")


class Scope:
    """One function, lambda or module body while it is being walked."""

    __slots__ = (
        "awaited", "awaits", "bindings", "blocks", "body", "calls", "class_attributes", "class_name",
        "flags", "global_bindings", "global_names", "guards", "imports", "narrowed", "outer", "parameters",
        "qualname", "reads", "region", "results", "runs", "self_bindings", "self_name", "yields",
    )  # fmt: skip

    def __init__(self, qualname: str, body: list[Any], flags: int = 0) -> None:
        self.qualname = qualname
        self.body = body
        self.flags = flags
        self.class_name = ""
        self.self_name = ""
        self.parameters: frozenset[str] = frozenset()
        self.region = 0
        self.awaits = 0
        self.calls: list[Call] = []
        self.reads: dict[tuple[str, int], Read] = {}
        """By path and line: what is read twice on a line is noted once."""
        self.bindings: list[Binding] = []
        self.class_attributes: list[Binding] | None = None
        self.self_bindings: list[Binding] = []
        self.global_bindings: list[Binding] = []
        self.imports: list[Import] = []
        self.results: list[str] = []
        self.yields: list[str] = []
        self.blocks: list[Block] = []
        self.awaited: list[str] = []
        self.runs: list[AwaitRun] = []
        self.guards: list[Guard] = []
        self.narrowed: list[Narrowing] = []
        self.global_names: frozenset[str] = frozenset()
        self.outer: Outer | None = None

    def nested(self, name: str) -> str:
        """The qualified name of something defined here."""
        if self.class_attributes is not None:
            return f"{self.class_name}.{name}"
        return name if self.qualname == MODULE else f"{self.qualname}.{name}"

    def has_bound(self, name: str) -> bool:
        """Whether the function has given `name` a value of its own so far."""
        return name in self.parameters or name in [binding.name for binding in self.bindings]

    def lasting(self) -> Outer:
        """The names in this function that outlive its call."""
        if self.outer is None:
            self.outer = Outer(self.body, self.parameters, self.bindings)
        return self.outer

    def frozen_body(self) -> FunctionFacts:
        """The facts of what runs at import."""
        runs = self.calls or self.reads or self.blocks
        binds = self.bindings or self.imports or self.class_attributes or self.global_bindings
        return self.frozen("", "", 0, 1, 0, 1) if runs or binds else EMPTY_BODY

    def frozen(
        self,
        owner: str,
        parent: str,
        flags: int,
        line: int,
        column: int,
        end_line: int,
        parameters: tuple[Parameter, ...] = (),
        returns: str = "",
        decorators: tuple[Call, ...] = (),
    ) -> FunctionFacts:
        """The facts of the function, from its header and what was gathered."""
        if len(self.calls) > 1:
            self.calls.sort(key=_position)
        return FunctionFacts(
            self.qualname,
            owner,
            parent,
            flags,
            line,
            column,
            end_line,
            parameters,
            returns,
            _distinct(self.results) if self.results else (),
            _distinct(self.yields) if self.yields else (),
            decorators,
            tuple(self.bindings if self.class_attributes is None else self.class_attributes),
            tuple(self.self_bindings),
            tuple(self.global_bindings),
            tuple(self.imports),
            tuple(self.calls),
            tuple(self.reads.values()),
            tuple(self.blocks),
            _distinct(self.awaited) if self.awaited else (),
            tuple(self.runs),
            tuple(self.guards),
            tuple(self.narrowed),
        )


class Outer:
    """The names of a function that are not its own: declared global, or never bound in it."""

    __slots__ = ("_bindings", "_body", "_globals", "_locals", "_parameters")

    def __init__(
        self, body: list[Any], parameters: frozenset[str], bindings: list[Binding]
    ) -> None:
        self._body = body
        self._parameters = parameters
        self._bindings = bindings
        """Those made so far: most names that are looked for are among them."""
        self._globals: frozenset[str] | None = None
        self._locals: frozenset[str] | None = None

    def __contains__(self, name: object) -> bool:
        if self._globals is None:
            self._globals = _declared_global(self._body)
        if name in self._globals:
            return True
        if name in self._parameters or any(binding.name == name for binding in self._bindings):
            return False
        if self._locals is None:
            self._locals = _bound_names(self._body)
        return name not in self._locals


def _declared_global(body: Iterable[ast.stmt]) -> frozenset[str]:
    """Names that statements of `body` declare global."""
    found: list[str] = []
    pending: list[Any] = list(body)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is ast.Global:
            found += node.names
        elif kind not in _PLAIN and kind not in _DEFINITIONS:
            for field in _NESTED:
                pending += getattr(node, field, ())
    return frozenset(found)


def _bound_names(body: Iterable[ast.stmt]) -> frozenset[str]:
    """Names that statements of `body` bind."""
    names = names_below(body, _DEFINITIONS)
    return frozenset([node.id for node in names if type(node.ctx) is ast.Store])


def _distinct(paths: list[str]) -> tuple[str, ...]:
    return shared_texts(tuple(dict.fromkeys(paths)))


_position = attrgetter("line", "column")
"""Calls that start at one place keep their order: the outer one is recorded first."""
